/*
 * Files that several address spaces have in common: open once, the same names wherever they are
 * mapped, and closed when they are not what was mapped any more.
 */
#include "cli/unwind/space.h"
#include "support.h"
#include <check.h>
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *image_suite(void);

#define NEAR 0x10000000u
#define FAR  0x7f0000000000u

static struct images *images;
static Dl_info libc;

static void setup(void)
{
	images = images_new();
	ck_assert_ptr_nonnull(images);
	ck_assert_int_ne(dladdr((void *)(uintptr_t)gnu_get_libc_version, &libc), 0);
}

static void teardown(void)
{
	images_free(images);
}

static struct address_space *mapped_at(const char *path, uint64_t bias)
{
	struct address_space *space = address_space_new(NULL, images);

	ck_assert_int_eq(address_space_add(space, path, bias, NULL, 0), 0);
	return space;
}

static const char *name_in(struct address_space *space, uint64_t bias)
{
	uint64_t offset = (uint64_t)libc.dli_saddr - (uint64_t)libc.dli_fbase;

	return symbol_at_code(space_module_at(space, bias + offset), bias + offset);
}

START_TEST(opens_a_file_once)
{
	struct address_space *near = mapped_at(libc.dli_fname, NEAR);
	struct address_space *far = mapped_at(libc.dli_fname, FAR);

	ck_assert_str_eq(name_in(near, NEAR), "gnu_get_libc_version");
	ck_assert_str_eq(name_in(far, FAR), "gnu_get_libc_version");
	ck_assert_ptr_eq(near->newest->image, far->newest->image);
	ck_assert_ptr_null(images->first->next);
	address_space_free(near);
	ck_assert(!images_close_unused(images));
	ck_assert_str_eq(name_in(far, FAR), "gnu_get_libc_version");
	address_space_free(far);
	ck_assert(images_close_unused(images));
	ck_assert_ptr_null(images->first);
}
END_TEST

static void copy_file(const char *from, const char *to)
{
	char command[1024];

	snprintf(command, sizeof(command), "cp '%s' '%s'", from, to);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(uses_no_file_that_was_written_over)
{
	char path[] = "/tmp/forkcheck-image.XXXXXX";
	struct address_space *before, *after;
	int descriptor = mkstemp(path);

	ck_assert_int_ge(descriptor, 0);
	copy_file(libc.dli_fname, path);
	before = mapped_at(path, NEAR);
	after = mapped_at(path, NEAR);
	ck_assert_str_eq(name_in(before, NEAR), "gnu_get_libc_version");
	ck_assert_int_eq(ftruncate(descriptor, 4096), 0);
	ck_assert_ptr_null(name_in(after, NEAR));
	address_space_free(before);
	address_space_free(after);
	close(descriptor);
	unlink(path);
}
END_TEST

/* A name of another mount namespace, and a name that has the root of there in it. */
START_TEST(opens_a_file_below_a_root)
{
	static const char *const roots[] = {"", "/there"};
	static const char *const names[] = {"/lib/libc.so.6", "/there/lib/libc.so.6"};
	const char *root = support_folder();
	struct address_space *space = address_space_new(NULL, images);
	char command[1024];

	snprintf(command, sizeof(command), "mkdir '%s/lib' && cp '%s' '%s/lib/libc.so.6'", root,
		 libc.dli_fname, root);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(address_space_add(space, "/there/lib/libc.so.6", NEAR, NULL, 0), -1);
	address_space_set_root(space, &(struct file_root){root, roots[_i]});
	ck_assert_int_eq(address_space_add(space, names[_i], FAR, NULL, 0), 0);
	ck_assert_str_eq(name_in(space, FAR), "gnu_get_libc_version");
	ck_assert_str_eq(space_module_path(space, FAR), names[_i]);
	address_space_free(space);
	support_remove_folder(root);
}
END_TEST

Suite *image_suite(void)
{
	Suite *suite = suite_create("image");
	TCase *tests = tcase_create("image");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, opens_a_file_once);
	tcase_add_loop_test(tests, opens_a_file_below_a_root, 0, 2);
	tcase_add_test(tests, uses_no_file_that_was_written_over);
	suite_add_tcase(suite, tests);
	return suite;
}
