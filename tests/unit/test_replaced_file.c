/*
 * A file that is replaced: the old one until then, no other name in the folder afterwards, and
 * what is no regular file is written to where it is.
 */
#include "cli/base/replaced_file.h"
#include "support.h"
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *replaced_file_suite(void);

static char path[512], link_path[512];
static const char *folder;

static void setup(void)
{
	folder = support_folder();
	snprintf(path, sizeof(path), "%s/file", folder);
	snprintf(link_path, sizeof(link_path), "%s/link", folder);
}

static void teardown(void)
{
	support_remove_folder(folder);
}

static void replace(const char *name, const char *text)
{
	struct replaced_file file;

	ck_assert_int_eq(replaced_file_open(&file, name), 0);
	fputs(text, file.stream);
	ck_assert_int_eq(replaced_file_commit(&file), 0);
}

static void expect_file(const char *name, const char *expected)
{
	char *text = support_file(name);

	ck_assert_str_eq(text, expected);
	free(text);
}

static size_t count_files(void)
{
	DIR *list = opendir(folder);
	size_t count = 0;

	ck_assert_ptr_nonnull(list);
	for (const struct dirent *entry = readdir(list); entry; entry = readdir(list))
		count += entry->d_name[0] != '.';
	closedir(list);
	return count;
}

START_TEST(the_old_file_stays_until_the_new_one_is_whole)
{
	struct replaced_file file;
	struct stat status;

	replace(path, "old");
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(replaced_file_open(&file, path), 0);
	fputs("new and longer", file.stream);
	fflush(file.stream);
	expect_file(path, "old");
	ck_assert_int_eq(replaced_file_commit(&file), 0);
	expect_file(path, "new and longer");
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0640);
	ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(what_is_discarded_leaves_nothing)
{
	struct replaced_file file;

	replace(path, "old");
	ck_assert_int_eq(replaced_file_open(&file, path), 0);
	errno = ENOSPC;
	replaced_file_discard(&file);
	ck_assert_int_eq(errno, ENOSPC);
	expect_file(path, "old");
	ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(a_link_stays_a_link)
{
	struct stat status;

	replace(path, "old");
	ck_assert_int_eq(symlink("file", link_path), 0);
	replace(link_path, "new");
	expect_file(path, "new");
	ck_assert_int_eq(lstat(link_path, &status), 0);
	ck_assert(S_ISLNK(status.st_mode));
}
END_TEST

START_TEST(a_device_is_written_to)
{
	struct replaced_file file;
	struct stat status;

	replace("/dev/null", "text");
	ck_assert_int_eq(stat("/dev/null", &status), 0);
	ck_assert(S_ISCHR(status.st_mode));
	ck_assert_int_eq(replaced_file_open(&file, "/dev/full"), 0);
	fputs("text", file.stream);
	ck_assert_int_eq(replaced_file_commit(&file), -1);
	ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

START_TEST(what_cannot_be_made_is_said)
{
	struct replaced_file file;

	snprintf(path, sizeof(path), "%s/missing/file", folder);
	errno = 0;
	ck_assert_int_eq(replaced_file_open(&file, path), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

Suite *replaced_file_suite(void)
{
	Suite *suite = suite_create("replaced_file");
	TCase *files = tcase_create("files");

	tcase_add_checked_fixture(files, setup, teardown);
	tcase_add_test(files, the_old_file_stays_until_the_new_one_is_whole);
	tcase_add_test(files, what_is_discarded_leaves_nothing);
	tcase_add_test(files, a_link_stays_a_link);
	tcase_add_test(files, a_device_is_written_to);
	tcase_add_test(files, what_cannot_be_made_is_said);
	suite_add_tcase(suite, files);
	return suite;
}
