/*
 * The tables of regions and of glibc's versions: complete, well read, and the
 * same as in docs/regions.md.
 */
#include "cli/findings/cures/cure_table.h"
#include "cli/findings/evidence/libc_regions.h"
#include "support.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *libc_regions_suite(void);

#define PAGE_SIZE 65536

static char *read_page(void)
{
	char *page = calloc(1, PAGE_SIZE);
	FILE *file = fopen(SOURCE_DIRECTORY "/docs/regions.md", "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(page);
	ck_assert_uint_lt(fread(page, 1, PAGE_SIZE - 1, file), PAGE_SIZE - 1);
	fclose(file);
	return page;
}

static const char *cure_of(uint32_t region)
{
	for (const struct cure_row *row = cure_table; row->id; row++)
		if (row->situation == CURE_REGION && row->detail == region)
			return row->cure;
	return "-";
}

START_TEST(the_page_has_every_region)
{
	char *page = read_page(), row[1024];

	ck_assert_ptr_null(libc_region(0));
	ck_assert_ptr_null(libc_region(REGIONS));
	ck_assert_ptr_null(libc_region(UINT64_MAX));
	for (uint64_t region = 1; region < REGIONS; region++) {
		const struct libc_region *facts = libc_region(region);

		ck_assert_ptr_nonnull(facts->name);
		snprintf(row, sizeof(row), "\n| %s | %s | %s |\n", facts->name, facts->functions,
			 cure_of((uint32_t)region));
		ck_assert_msg(strstr(page, row) != NULL, "docs/regions.md lacks:%s", row);
	}
	free(page);
}
END_TEST

START_TEST(the_page_has_every_version)
{
	static const char *const words[] = {
		[EFFECT_UNTRIED] = "-", [EFFECT_HANGS] = "hangs", [EFFECT_SAFE] = "safe"};
	char *page = read_page(), row[1024];
	size_t length = (size_t)snprintf(row, sizeof(row), "\n| another thread is in |");

	for (size_t i = 0; i < LIBC_TRIED; i++)
		length += (size_t)snprintf(row + length, sizeof(row) - length, " 2.%d |",
					   libc_versions[i]);
	ck_assert_ptr_nonnull(strstr(page, row));
	for (const struct libc_fact *fact = libc_facts; fact->subject; fact++) {
		length = (size_t)snprintf(row, sizeof(row), "\n| %s |", fact->subject);
		for (size_t i = 0; i < LIBC_TRIED; i++)
			length += (size_t)snprintf(row + length, sizeof(row) - length, " %s |",
						   words[fact->effects[i]]);
		snprintf(row + length, sizeof(row) - length, " %s |\n", fact->source);
		ck_assert_msg(strstr(page, row) != NULL, "docs/regions.md lacks:%s", row);
	}
	free(page);
}
END_TEST

START_TEST(a_version_between_two_that_agree_is_like_them)
{
	ck_assert_int_eq(libc_effect_on(REGION_TIME_ZONE, "2.31"), EFFECT_HANGS);
	ck_assert_int_eq(libc_effect_on(REGION_TIME_ZONE, "2.36"), EFFECT_HANGS);
	ck_assert_int_eq(libc_effect_on(REGION_TIME_ZONE, "2.39"), EFFECT_HANGS);
	ck_assert_int_eq(libc_effect_on(REGION_TIME_ZONE, "2.43"), EFFECT_HANGS);
	ck_assert_int_eq(libc_effect_on(REGION_TIME_ZONE, "2.30"), EFFECT_UNTRIED);
	ck_assert_int_eq(libc_effect_on(REGION_TIME_ZONE, "2.44"), EFFECT_UNTRIED);
	ck_assert_int_eq(libc_effect_on(REGION_TIME_ZONE, "3.36"), EFFECT_UNTRIED);
	ck_assert_int_eq(libc_effect_on(REGION_TIME_ZONE, ""), EFFECT_UNTRIED);
	ck_assert_int_eq(libc_effect_on(REGION_TIME_ZONE, NULL), EFFECT_UNTRIED);
	ck_assert_int_eq(libc_effect_on(0, "2.36"), EFFECT_UNTRIED);
	ck_assert_int_eq(libc_effect_on(REGIONS, "2.36"), EFFECT_UNTRIED);
}
END_TEST

Suite *libc_regions_suite(void)
{
	Suite *suite = suite_create("libc_regions");
	TCase *core = tcase_create("core");

	tcase_add_test(core, the_page_has_every_region);
	tcase_add_test(core, the_page_has_every_version);
	tcase_add_test(core, a_version_between_two_that_agree_is_like_them);
	suite_add_tcase(suite, core);
	return suite;
}
