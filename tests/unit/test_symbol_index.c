/*
 * The index of symbols against libdw's own search, which goes through the whole table: at each
 * function of libc and of this program, inside of it and behind its end.
 */
#include "cli/unwind/space.h"
#include <check.h>
#include <dlfcn.h>
#include <gelf.h>
#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *symbol_index_suite(void);

#define BIAS 0x10000000u
/* Each search by libdw takes its time. */
#define STEP 5

static struct address_space *space;
static struct module *module;

static void open_module(const char *path)
{
	space = address_space_new(NULL, NULL);
	ck_assert_int_eq(address_space_add(space, path, BIAS, NULL, 0), 0);
	module = space_module_at(space, space->newest->start);
	ck_assert(module_open(module));
	ck_assert_ptr_nonnull(image_symbols(module->image));
}

static bool is_code_type(int type)
{
	return type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE;
}

static const char *name_by_libdw(uint64_t address)
{
	GElf_Off offset;
	GElf_Sym symbol;
	const char *name = dwfl_module_addrinfo(module->image->dwfl_module, address, &offset,
						&symbol, NULL, NULL, NULL);

	return name != NULL && is_code_type(GELF_ST_TYPE(symbol.st_info)) ? name : NULL;
}

static void compare_at(uint64_t address)
{
	const char *expected = name_by_libdw(address),
		   *found = symbol_at_code(module, address + BIAS);

	ck_assert_msg(expected == found || (expected && found && strcmp(expected, found) == 0),
		      "%#lx: %s, not %s", (unsigned long)address, found ? found : "none",
		      expected ? expected : "none");
}

static void compare_all(const char *path)
{
	int count, compared = 0;

	open_module(path);
	count = dwfl_module_getsymtab(module->image->dwfl_module);
	for (int i = 0; i < count; i += STEP) {
		GElf_Sym symbol;
		GElf_Addr start;

		dwfl_module_getsym_info(module->image->dwfl_module, i, &symbol, &start, NULL, NULL,
					NULL);
		if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF)
			continue;
		compare_at(start);
		compare_at(start + symbol.st_size / 2);
		compare_at(start + symbol.st_size);
		compared++;
	}
	ck_assert_int_gt(compared, 100);
	address_space_free(space);
}

START_TEST(names_the_functions_of_libc)
{
	Dl_info libc;

	ck_assert_int_ne(dladdr((void *)(uintptr_t)gnu_get_libc_version, &libc), 0);
	compare_all(libc.dli_fname);
}
END_TEST

START_TEST(names_the_functions_of_a_program)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	ck_assert_int_gt(length, 0);
	path[length] = '\0';
	compare_all(path);
}
END_TEST

Suite *symbol_index_suite(void)
{
	Suite *suite = suite_create("symbol_index");
	TCase *tests = tcase_create("names");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, names_the_functions_of_libc);
	tcase_add_test(tests, names_the_functions_of_a_program);
	suite_add_tcase(suite, tests);
	return suite;
}
