/*
 * The session file: made, locked, swept and removed, in a folder of the test's
 * own.
 */
#include "cli/session/reader.h"
#include "cli/session/session.h"
#include "support.h"
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

Suite *session_suite(void);

static const char *folder;
static struct session session;

static void setup(void)
{
	folder = support_folder();
	setenv(SESSION_DIRECTORY_VARIABLE, folder, 1);
}

static void teardown(void)
{
	support_remove_folder(folder);
}

static size_t count_files(void)
{
	DIR *stream = opendir(folder);
	const struct dirent *entry;
	size_t count = 0;

	ck_assert_ptr_nonnull(stream);
	while ((entry = readdir(stream)))
		count += entry->d_name[0] != '.';
	closedir(stream);
	return count;
}

static const char *in_folder(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static bool exists(const char *name)
{
	struct stat status;

	return lstat(in_folder(name), &status) == 0;
}

static int make_file(const char *name)
{
	int descriptor = open(in_folder(name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	ck_assert_int_ge(descriptor, 0);
	return descriptor;
}

START_TEST(makes_a_private_allocated_file)
{
	struct stat status;

	ck_assert_int_eq(session_create(&session), 0);
	ck_assert_int_eq(strncmp(session.path, folder, strlen(folder)), 0);
	ck_assert_int_eq(stat(session.path, &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFREG | 0600);
	ck_assert_uint_eq(status.st_uid, geteuid());
	ck_assert_uint_eq((size_t)status.st_size, session.size);
	ck_assert_uint_ge((size_t)status.st_blocks * 512, session.size);
	ck_assert(!session.is_small);
	ck_assert_int_eq(fcntl(session.descriptor, F_GETFD), FD_CLOEXEC);
	session_remove(&session);
}
END_TEST

START_TEST(lays_out_what_the_reader_accepts)
{
	struct session_birth birth;
	struct record_buffer buffer = {0};
	struct reader reader;

	ck_assert_int_eq(session_create(&session), 0);
	ck_assert_ptr_null(reader_open(&reader, session.header, session.size));
	ck_assert(!reader_next(&reader, &buffer));
	ck_assert(!reader_next_birth(&reader, &birth));
	ck_assert_uint_eq(reader_lost(&reader), 0);
	/* Records are most of it, and the parts do not overlap. */
	ck_assert_uint_ge(session.header->cells_count * SESSION_CELL, session.size / 10 * 9);
	ck_assert_uint_ge(session.header->births_offset, sizeof(struct session_header));
	ck_assert_uint_ge(session.header->intern_offset,
			  session.header->births_offset +
				  session.header->births_count * sizeof(struct session_birth));
	ck_assert_uint_ge(session.header->cells_offset,
			  session.header->intern_offset +
				  session.header->intern_count * sizeof(struct session_intern));
	reader_close(&reader);
	session_remove(&session);
}
END_TEST

START_TEST(removes_all_that_it_made)
{
	ck_assert_int_eq(session_create(&session), 0);
	ck_assert_uint_eq(count_files(), 1);
	session_remove(&session);
	ck_assert_uint_eq(count_files(), 0);
	ck_assert_ptr_null(session.header);
	ck_assert_int_eq(session.descriptor, -1);
	session_remove(&session);
}
END_TEST

START_TEST(gives_each_run_its_own_file)
{
	struct session other;

	ck_assert_int_eq(session_create(&session), 0);
	ck_assert_int_eq(session_create(&other), 0);
	ck_assert_str_ne(session.path, other.path);
	/* The second swept, and the first is still there. */
	ck_assert_uint_eq(count_files(), 2);
	session_remove(&other);
	session_remove(&session);
}
END_TEST

static void create_and_be_killed(void *nothing)
{
	(void)nothing;
	if (session_create(&session))
		abort();
	kill(getpid(), SIGKILL);
}

static bool has_a_file(void *nothing)
{
	(void)nothing;
	return count_files() == 1;
}

START_TEST(sweeps_what_a_killed_run_left)
{
	pid_t child = support_child(create_and_be_killed, NULL);

	ck_assert(support_until(has_a_file, NULL));
	support_end_child(child);
	ck_assert_uint_eq(count_files(), 1);
	ck_assert_int_eq(session_create(&session), 0);
	ck_assert_uint_eq(count_files(), 1);
	session_remove(&session);
	ck_assert_uint_eq(count_files(), 0);
}
END_TEST

START_TEST(leaves_a_locked_file_alone)
{
	int descriptor = make_file("forkcheck-living");

	ck_assert_int_eq(flock(descriptor, LOCK_EX), 0);
	ck_assert_int_eq(session_create(&session), 0);
	ck_assert(exists("forkcheck-living"));
	session_remove(&session);
	close(descriptor);
	ck_assert_int_eq(session_create(&session), 0);
	ck_assert(!exists("forkcheck-living"));
	session_remove(&session);
}
END_TEST

START_TEST(leaves_other_names_alone)
{
	static const char *const names[] = {"forkcheck-",        "forkcheck-short",
					    "forkcheck-longer7", "forkcheck_abcdef",
					    "xforkcheck-abcdef", "other"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		close(make_file(names[i]));
	ck_assert_int_eq(session_create(&session), 0);
	session_remove(&session);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		ck_assert_msg(exists(names[i]), "%s", names[i]);
}
END_TEST

START_TEST(follows_no_link_and_removes_only_files)
{
	char target[512];

	snprintf(target, sizeof(target), "%s", in_folder("target"));
	close(make_file("target"));
	ck_assert_int_eq(symlink(target, in_folder("forkcheck-alinkx")), 0);
	ck_assert_int_eq(mkfifo(in_folder("forkcheck-afifox"), 0600), 0);
	ck_assert_int_eq(mkdir(in_folder("forkcheck-afolde"), 0700), 0);
	ck_assert_int_eq(session_create(&session), 0);
	session_remove(&session);
	ck_assert(exists("target"));
	ck_assert(exists("forkcheck-alinkx"));
	ck_assert(exists("forkcheck-afifox"));
	ck_assert(exists("forkcheck-afolde"));
}
END_TEST

START_TEST(leaves_the_files_of_others_alone)
{
	close(make_file("forkcheck-theirs"));
	/* Only root can give a file away. */
	if (chown(in_folder("forkcheck-theirs"), 12345, 12345))
		return;
	ck_assert_int_eq(session_create(&session), 0);
	session_remove(&session);
	ck_assert(exists("forkcheck-theirs"));
}
END_TEST

static void expect_one_line(const char *text, const char *part)
{
	const char *end = strchr(text, '\n');

	ck_assert_msg(end && !end[1], "no single line: %s", text);
	ck_assert_int_eq(strncmp(text, "forkcheck: ", 11), 0);
	ck_assert_ptr_nonnull(strstr(text, part));
	ck_assert_ptr_nonnull(strstr(text, SESSION_DIRECTORY_VARIABLE));
}

START_TEST(says_why_a_folder_does_not_do)
{
	int result;

	setenv(SESSION_DIRECTORY_VARIABLE, in_folder("missing"), 1);
	support_errors_begin();
	result = session_create(&session);
	expect_one_line(support_errors_end(), "No such file or directory");
	ck_assert_int_eq(result, -1);
	/* As the caller's last act would. */
	session_remove(&session);
}
END_TEST

/* A tmpfs of its own over the folder; false where that is not allowed. */
static bool mount_tmpfs(const char *options)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", folder, "tmpfs", 0, options) == 0;
}

START_TEST(leaves_nothing_on_a_full_tmpfs)
{
	int result;

	if (!mount_tmpfs("size=768k"))
		return;
	support_errors_begin();
	result = session_create(&session);
	expect_one_line(support_errors_end(), "No space left on device");
	ck_assert_int_eq(result, -1);
	ck_assert_uint_eq(count_files(), 0);
	session_remove(&session);
	ck_assert_int_eq(umount(folder), 0);
}
END_TEST

START_TEST(makes_do_with_a_small_tmpfs)
{
	struct reader reader;

	if (!mount_tmpfs("size=5m"))
		return;
	ck_assert_int_eq(session_create(&session), 0);
	ck_assert(session.is_small);
	ck_assert_uint_eq(session.size, 4u << 20);
	ck_assert_ptr_null(reader_open(&reader, session.header, session.size));
	reader_close(&reader);
	/* Really allocated: no SIGBUS. */
	memset((char *)session.header + session.header->cells_offset, 1,
	       session.header->cells_count * SESSION_CELL);
	session_remove(&session);
	ck_assert_int_eq(umount(folder), 0);
}
END_TEST

START_TEST(says_why_a_read_only_folder_does_not_do)
{
	int result;

	if (!mount_tmpfs("ro"))
		return;
	support_errors_begin();
	result = session_create(&session);
	expect_one_line(support_errors_end(), "Read-only file system");
	ck_assert_int_eq(result, -1);
	ck_assert_int_eq(umount(folder), 0);
}
END_TEST

START_TEST(removes_the_file_it_cannot_fill)
{
	struct rlimit limit = {64u << 10, 64u << 10};
	int result;

	/* Files must not grow: posix_fallocate fails with another reason than room. */
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	support_errors_begin();
	result = session_create(&session);
	expect_one_line(support_errors_end(), "File too large");
	ck_assert_int_eq(result, -1);
	ck_assert_uint_eq(count_files(), 0);
}
END_TEST

static uint64_t clock_before;

static bool clock_moves(void *nothing)
{
	(void)nothing;
	return atomic_load(&session.header->clock) > clock_before + 20000000;
}

START_TEST(runs_the_clock_until_removed)
{
	struct timespec now, pause = {0, 40000000};

	ck_assert_int_eq(session_create(&session), 0);
	clock_before = atomic_load(&session.header->clock);
	ck_assert_uint_eq(clock_before & 1, 1);
	ck_assert_int_eq(session_start_clock(&session), 0);
	ck_assert(support_until(clock_moves, NULL));
	clock_gettime(CLOCK_MONOTONIC, &now);
	ck_assert_uint_le(atomic_load(&session.header->clock),
			  (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec + 1);
	ck_assert_uint_eq(atomic_load(&session.header->clock) & 1, 1);
	/* The thread must not write into what is unmapped. */
	session_remove(&session);
	nanosleep(&pause, NULL);
}
END_TEST

Suite *session_suite(void)
{
	Suite *suite = suite_create("session");
	TCase *core = tcase_create("core");

	tcase_set_timeout(core, 20);
	tcase_add_checked_fixture(core, setup, teardown);
	tcase_add_test(core, makes_a_private_allocated_file);
	tcase_add_test(core, lays_out_what_the_reader_accepts);
	tcase_add_test(core, removes_all_that_it_made);
	tcase_add_test(core, gives_each_run_its_own_file);
	tcase_add_test(core, sweeps_what_a_killed_run_left);
	tcase_add_test(core, leaves_a_locked_file_alone);
	tcase_add_test(core, leaves_other_names_alone);
	tcase_add_test(core, follows_no_link_and_removes_only_files);
	tcase_add_test(core, leaves_the_files_of_others_alone);
	tcase_add_test(core, says_why_a_folder_does_not_do);
	tcase_add_test(core, leaves_nothing_on_a_full_tmpfs);
	tcase_add_test(core, makes_do_with_a_small_tmpfs);
	tcase_add_test(core, says_why_a_read_only_folder_does_not_do);
	tcase_add_test(core, removes_the_file_it_cannot_fill);
	tcase_add_test(core, runs_the_clock_until_removed);
	suite_add_tcase(suite, core);
	return suite;
}
