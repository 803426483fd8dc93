/*
 * Addresses for names, compared with what the loader says of libc and with what this program has.
 */
#include "cli/process/memory_map.h"
#include "cli/unwind/named_symbol.h"
#include "suites.h"
#include <check.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CUTS 64

/* In .symtab alone: the program exports nothing. */
int named_here = 3, named_too = 4;

struct holder {
	uint64_t address;
	struct mapping first; /* of the file that it is in */
};

static bool find_first(const struct mapping *mapping, void *data)
{
	struct holder *holder = data;

	if (mapping->path[0] == '/' && strcmp(mapping->path, holder->first.path) != 0)
		holder->first = *mapping;
	return holder->address >= mapping->end;
}

static struct mapping file_with(const void *address)
{
	struct holder holder = {.address = (uint64_t)(uintptr_t)address};

	ck_assert(maps_each(getpid(), find_first, &holder));
	return holder.first;
}

static uint64_t find_in(const char *path, const struct mapping *mapping, const char *name,
			bool exported_only)
{
	struct mapped_file file = {path, mapping->start, mapping->offset, exported_only};
	uint64_t address;

	ck_assert_uint_eq(named_symbol_find(&file, &name, &address, 1), address != 0);
	return address;
}

START_TEST(finds_what_a_library_exports)
{
	static const char *const names[] = {"_thread_db_pthread_tid", "no_such_name",
					    "gnu_get_libc_version"};
	const void *expected = dlsym(RTLD_DEFAULT, names[0]);
	struct mapping libc = file_with(expected);
	struct mapped_file file = {libc.path, libc.start, libc.offset, true};
	uint64_t addresses[3];

	ck_assert_uint_eq(named_symbol_find(&file, names, addresses, 3), 2);
	ck_assert_uint_eq(addresses[0], (uintptr_t)expected);
	ck_assert_uint_eq(addresses[1], 0);
	ck_assert_uint_eq(addresses[2], (uintptr_t)dlsym(RTLD_DEFAULT, names[2]));
}
END_TEST

START_TEST(finds_what_is_not_exported)
{
	struct mapping program = file_with(&named_here);

	ck_assert_uint_eq(find_in("/proc/self/exe", &program, "named_here", false),
			  (uintptr_t)&named_here);
	ck_assert_uint_eq(find_in("/proc/self/exe", &program, "named_here", true), 0);
	/* A part of a name is none, and neither is what libc defines. */
	ck_assert_uint_eq(find_in("/proc/self/exe", &program, "named_her", false), 0);
	ck_assert_uint_eq(find_in("/proc/self/exe", &program, "puts", false), 0);
}
END_TEST

START_TEST(reads_what_the_file_has_there)
{
	static const char *const names[] = {"named_here", "named_too", "puts"};
	struct mapped_file file = {.path = "/proc/self/exe"};
	int values[3] = {0};

	named_here = 5;
	ck_assert(named_symbol_read(&file, names, values, sizeof(*values), 2));
	ck_assert_int_eq(values[0], 3);
	ck_assert_int_eq(values[1], 4);
	ck_assert(!named_symbol_read(&file, names, values, sizeof(*values), 3));
	file.exported_only = true;
	ck_assert(!named_symbol_read(&file, names, values, sizeof(*values), 1));
	file.path = "/dev/null";
	ck_assert(!named_symbol_read(&file, names, values, sizeof(*values), 1));
}
END_TEST

/* The second segment's mapping tells as much as the first one's. */
START_TEST(starts_from_any_segment)
{
	struct mapping program = file_with(&named_here);
	struct holder code = {.address = (uint64_t)(uintptr_t)&find_first};
	struct mapping mapping;

	ck_assert(maps_find(getpid(), code.address, &mapping));
	ck_assert_uint_ne(mapping.start, program.start);
	ck_assert_uint_eq(find_in("/proc/self/exe", &mapping, "named_here", false),
			  (uintptr_t)&named_here);
}
END_TEST

static void *read_program(size_t *size)
{
	FILE *stream = fopen("/proc/self/exe", "re");
	void *bytes;

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(fseek(stream, 0, SEEK_END), 0);
	*size = (size_t)ftell(stream);
	bytes = malloc(*size);
	ck_assert_ptr_nonnull(bytes);
	rewind(stream);
	ck_assert_uint_eq(fread(bytes, 1, *size, stream), *size);
	fclose(stream);
	return bytes;
}

/* Wherever it is cut, the section headers at its end, or what they tell of, are missing. */
START_TEST(bears_files_that_are_cut)
{
	struct mapping program = file_with(&named_here);
	int file = memfd_create("cut", MFD_CLOEXEC);
	char path[64];
	size_t size;
	void *bytes = read_program(&size);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	ck_assert_int_eq(write(file, bytes, size), (ssize_t)size);
	ck_assert_uint_eq(find_in(path, &program, "named_here", false), (uintptr_t)&named_here);
	for (size_t i = 1; i <= CUTS; i++) {
		ck_assert_int_eq(ftruncate(file, (off_t)(size - size / CUTS * i)), 0);
		ck_assert_uint_eq(find_in(path, &program, "named_here", false), 0);
	}
	free(bytes);
	close(file);
}
END_TEST

START_TEST(finds_nothing_in_what_is_no_file)
{
	struct mapping none = {.start = 4096};

	ck_assert_uint_eq(find_in("/dev/zero", &none, "puts", false), 0);
	ck_assert_uint_eq(find_in("/", &none, "puts", false), 0);
	ck_assert_uint_eq(find_in("", &none, "puts", false), 0);
	ck_assert_uint_eq(find_in("/proc/self/maps", &none, "puts", false), 0);
}
END_TEST

Suite *named_symbol_suite(void)
{
	Suite *suite = suite_create("named_symbol");
	TCase *names = tcase_create("names");

	tcase_add_test(names, finds_what_a_library_exports);
	tcase_add_test(names, finds_what_is_not_exported);
	tcase_add_test(names, reads_what_the_file_has_there);
	tcase_add_test(names, starts_from_any_segment);
	tcase_add_test(names, bears_files_that_are_cut);
	tcase_add_test(names, finds_nothing_in_what_is_no_file);
	suite_add_tcase(suite, names);
	return suite;
}
