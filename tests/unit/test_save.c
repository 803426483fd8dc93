/*
 * Kept sessions: what is written is read again, and what is no session is
 * refused with one line.
 */
#include "cli/session/save.h"
#include "scratch.h"
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *save_suite(void);

static char folder[] = "/tmp/forkcheck-save.XXXXXX";
static struct scratch scratch;
static struct saved_session saved;
static struct reader loaded;

static void setup(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	scratch_open(&scratch, 8);
}

static void teardown(void)
{
	char command[64];

	scratch_close(&scratch);
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

static off_t size_of(const char *path)
{
	struct stat status;

	ck_assert_int_eq(stat(path, &status), 0);
	return status.st_size;
}

static int count_files(void)
{
	return WEXITSTATUS(system("exit $(ls -A | wc -l)"));
}

/* What is printed goes to a file of the folder. */
static const char *complaint_of(int (*act)(const char *path), const char *path)
{
	static char text[512];
	int kept = dup(STDERR_FILENO);
	int file = open("complaint", O_RDWR | O_CREAT | O_TRUNC, 0600);
	ssize_t length;

	ck_assert_int_ge(file, 0);
	dup2(file, STDERR_FILENO);
	ck_assert_int_eq(act(path), -1);
	dup2(kept, STDERR_FILENO);
	length = pread(file, text, sizeof(text) - 1, 0);
	ck_assert_int_ge(length, 0);
	text[length] = '\0';
	close(file);
	close(kept);
	unlink("complaint");
	return text;
}

static int save(const char *path)
{
	return session_save(&scratch.model, path);
}

static int load(const char *path)
{
	return session_load(&saved, &loaded, path);
}

static void write_bytes(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
}

/* --- what is kept ---------------------------------------------------------- */

START_TEST(everything_comes_back)
{
	struct model model;
	session_reference fork;

	scratch_add_image(&scratch, 1, "/bin/server");
	fork = scratch_add_fork(&scratch, 1);
	for (uint32_t serial = 2; serial < 5; serial++)
		scratch_add_birth(&scratch, serial, (int)(100 + serial));
	atomic_store(&scratch.header->counters.forks, 3);
	atomic_store(&scratch.header->counters.dropped, 7);
	ck_assert_int_eq(save("s"), 0);
	ck_assert_int_lt(size_of("s"), 4096);
	ck_assert_int_eq(load("s"), 0);
	model_init(&model, &loaded, NULL);
	model_update(&model);
	ck_assert_str_eq(model_program(&model, 1), "/bin/server");
	ck_assert_uint_eq(model_fork(&model, fork)->parent, 1);
	ck_assert_uint_eq(reader_count(&loaded, fork), 1);
	ck_assert_int_eq(model_facts(&model, 4)->pid, 104);
	ck_assert_uint_eq(reader_lost(&loaded), 7);
	model_release(&model);
	session_unload(&saved, &loaded);
}
END_TEST

/* The first run's stands first, and has no number. */
START_TEST(sessions_of_further_runs_follow)
{
	scratch_add_image(&scratch, 1, "/bin/server");
	ck_assert_int_eq(save("s"), 0);
	scratch.header->schedule.run = 2;
	scratch.header->schedule.sections[0].reached = 3;
	ck_assert_int_eq(session_append(&scratch.model, "s"), 0);
	ck_assert_int_eq(count_files(), 1);
	ck_assert_int_eq(load("s"), 0);
	ck_assert_uint_eq(loaded.header.schedule.run, 0);
	ck_assert_int_eq(session_load_next(&saved, &loaded, "s"), 1);
	ck_assert_uint_eq(loaded.header.schedule.run, 2);
	ck_assert_uint_eq(loaded.header.schedule.sections[0].reached, 3);
	ck_assert_int_eq(session_load_next(&saved, &loaded, "s"), 0);
	session_unload(&saved, &loaded);
}
END_TEST

static int load_all(const char *path)
{
	int result = load(path);

	while (result == 0 && (result = session_load_next(&saved, &loaded, path)) > 0)
		result = 0;
	session_unload(&saved, &loaded);
	return result;
}

/* A copy may be cut. */
START_TEST(a_further_session_that_is_cut_is_refused)
{
	ck_assert_int_eq(save("s"), 0);
	ck_assert_int_eq(session_append(&scratch.model, "s"), 0);
	ck_assert_int_eq(truncate("s", size_of("s") - 64), 0);
	ck_assert_ptr_nonnull(strstr(complaint_of(load_all, "s"), "truncated or damaged"));
}
END_TEST

START_TEST(an_empty_session_is_one)
{
	ck_assert_int_eq(save("s"), 0);
	ck_assert_int_eq(load("s"), 0);
	ck_assert_uint_eq(reader_lost(&loaded), 0);
	session_unload(&saved, &loaded);
}
END_TEST

/* A record that its writer did not commit, because it was killed. */
START_TEST(an_open_record_stays_open)
{
	struct record *open_record;

	scratch_add_image(&scratch, 1, "/bin/server");
	open_record = (void *)((unsigned char *)scratch.header + scratch.header->cells_offset +
			       atomic_fetch_add(&scratch.header->next_cell, 2) * SESSION_CELL);
	atomic_store(&open_record->size, 100);
	ck_assert_int_eq(save("s"), 0);
	ck_assert_int_eq(load("s"), 0);
	for (struct record_buffer buffer = {0};;) {
		if (reader_next(&loaded, &buffer))
			continue;
		free(buffer.record);
		break;
	}
	ck_assert_uint_eq(reader_lost(&loaded), 1);
	session_unload(&saved, &loaded);
}
END_TEST

/* The ring went round: the newest are there, and the others are missed. */
/* The ring went round, but somebody followed it. */
START_TEST(all_births_that_were_seen_are_kept)
{
	struct session_birth birth;
	uint32_t expected = 1;

	for (uint32_t serial = 1; serial <= 100; serial++) {
		scratch_add_birth(&scratch, serial, (int)serial);
		model_update(&scratch.model);
	}
	ck_assert_int_eq(save("s"), 0);
	ck_assert_int_eq(load("s"), 0);
	for (; reader_next_birth(&loaded, &birth); expected++) {
		ck_assert_uint_eq(birth.process, expected);
		ck_assert_int_eq(birth.pid, (int)expected);
		ck_assert_uint_eq(birth.kind, scratch.model.processes[expected]->kind);
	}
	ck_assert_uint_eq(expected, 101);
	ck_assert_uint_eq(reader_lost(&loaded), 0);
	session_unload(&saved, &loaded);
}
END_TEST

/* A count that the program wrote over the live one makes no large file. */
START_TEST(a_count_of_births_is_not_believed)
{
	off_t size;

	scratch_add_birth(&scratch, 1, 1);
	model_update(&scratch.model);
	ck_assert_int_eq(save("s"), 0);
	size = size_of("s");
	atomic_store(&scratch.header->next_birth, UINT64_MAX / 2);
	ck_assert_int_eq(save("t"), 0);
	ck_assert_int_le(size_of("t"), size + 8 * (off_t)sizeof(struct session_birth));
}
END_TEST

START_TEST(births_that_were_overwritten_count_as_lost)
{
	struct session_birth birth;
	uint32_t expected = 13;

	for (uint32_t serial = 1; serial <= 20; serial++)
		scratch_add_birth(&scratch, serial, (int)serial);
	ck_assert_int_eq(save("s"), 0);
	ck_assert_int_eq(load("s"), 0);
	for (; reader_next_birth(&loaded, &birth); expected++)
		ck_assert_uint_eq(birth.process, expected);
	ck_assert_uint_eq(expected, 21);
	ck_assert_uint_eq(loaded.births_missed, 12);
	session_unload(&saved, &loaded);
}
END_TEST

/* The program can write whatever it likes over the live header. */
START_TEST(a_damaged_live_header_is_not_followed)
{
	struct session_header *header = scratch.header;

	scratch_add_image(&scratch, 1, "/bin/server");
	memset(header, 0xff, offsetof(struct session_header, next_cell));
	atomic_store(&header->next_cell, UINT64_MAX);
	atomic_store(&header->next_birth, UINT64_MAX);
	ck_assert_int_eq(save("s"), 0);
	ck_assert_int_eq(load("s"), 0);
	ck_assert_uint_eq(loaded.header.cells_count, scratch.reader.header.cells_count);
	session_unload(&saved, &loaded);
}
END_TEST

START_TEST(a_kept_session_is_the_owners_and_replaces_an_old_one)
{
	struct stat status;

	write_bytes("s", "old", 3);
	ck_assert_int_eq(chmod("s", 0644), 0);
	ck_assert_int_eq(save("s"), 0);
	ck_assert_int_eq(stat("s", &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0600);
	ck_assert_int_gt(status.st_size, 3);
	ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(what_cannot_be_written_leaves_nothing)
{
	ck_assert_str_eq(
		complaint_of(save, "missing/s"),
		"forkcheck: cannot write the session 'missing/s': No such file or directory\n");
	ck_assert_str_eq(complaint_of(save, "."),
			 "forkcheck: cannot write the session '.': Is a directory\n");
	ck_assert_str_eq(complaint_of(save, "/dev/null"),
			 "forkcheck: cannot write the session '/dev/null': it is no regular "
			 "file\n");
	ck_assert_int_eq(count_files(), 0);
}
END_TEST

/* A limit stands in for the disk, in a process of its own: Check writes too. */
static int save_on_a_full_disk(void)
{
	const struct rlimit little = {100, 100};
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(STDERR_FILENO);
		setrlimit(RLIMIT_FSIZE, &little);
		_exit(save("s") == -1 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

START_TEST(a_full_disk_leaves_the_old_session)
{
	write_bytes("s", "old", 3);
	ck_assert_int_eq(save_on_a_full_disk(), 0);
	ck_assert_int_eq(size_of("s"), 3);
	ck_assert_int_eq(count_files(), 1);
}
END_TEST

/* --- what is refused ------------------------------------------------------- */

static void assert_refused(const char *path, const char *reason)
{
	char expected[256];

	snprintf(expected, sizeof(expected), "forkcheck: cannot read the session '%s': %s\n", path,
		 reason);
	ck_assert_str_eq(complaint_of(load, path), expected);
}

START_TEST(what_is_no_session_is_refused)
{
	unsigned char other[4096] = "#!/bin/sh\n";

	write_bytes("empty", "", 0);
	write_bytes("short", "forkchk", 7);
	write_bytes("other", other, sizeof(other));
	ck_assert_int_eq(mkfifo("pipe", 0600), 0);
	assert_refused("missing", "No such file or directory");
	assert_refused(".", "Is a directory");
	assert_refused("pipe", "it is no regular file");
	assert_refused("/dev/zero", "it is no regular file");
	assert_refused("empty", "it is empty");
	assert_refused("short", "it is too short for a forkcheck session");
	assert_refused("other", "it is not a forkcheck session");
	ck_assert_int_eq(truncate("empty", (off_t)1 << 40), 0);
	assert_refused("empty", "it is too large for a forkcheck session");
}
END_TEST

START_TEST(a_damaged_session_is_refused)
{
	uint32_t version = SESSION_VERSION + 1;
	int file;

	scratch_add_image(&scratch, 1, "/bin/server");
	ck_assert_int_eq(save("s"), 0);
	ck_assert_int_eq(truncate("s", size_of("s") - 1), 0);
	assert_refused("s", "it is truncated or damaged");
	ck_assert_int_eq(save("s"), 0);
	file = open("s", O_WRONLY);
	ck_assert_int_eq(
		pwrite(file, &version, sizeof(version), offsetof(struct session_header, version)),
		sizeof(version));
	close(file);
	assert_refused("s", "it was written by another version of forkcheck");
}
END_TEST

Suite *save_suite(void)
{
	Suite *suite = suite_create("save");
	TCase *tests = tcase_create("save");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, everything_comes_back);
	tcase_add_test(tests, sessions_of_further_runs_follow);
	tcase_add_test(tests, a_further_session_that_is_cut_is_refused);
	tcase_add_test(tests, an_empty_session_is_one);
	tcase_add_test(tests, an_open_record_stays_open);
	tcase_add_test(tests, all_births_that_were_seen_are_kept);
	tcase_add_test(tests, a_count_of_births_is_not_believed);
	tcase_add_test(tests, births_that_were_overwritten_count_as_lost);
	tcase_add_test(tests, a_damaged_live_header_is_not_followed);
	tcase_add_test(tests, a_kept_session_is_the_owners_and_replaces_an_old_one);
	tcase_add_test(tests, what_cannot_be_written_leaves_nothing);
	tcase_add_test(tests, a_full_disk_leaves_the_old_session);
	tcase_add_test(tests, what_is_no_session_is_refused);
	tcase_add_test(tests, a_damaged_session_is_refused);
	suite_add_tcase(suite, tests);
	return suite;
}
