/* Each rule has its text, its row in the man page and its row in the README. */
#include "cli/findings/rules/rule.h"
#include "cli/findings/rules/rule_texts.h"
#include "suites.h"
#include "support.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *page;

static void open_page(void)
{
	page = NULL;
}

static void close_page(void)
{
	free(page);
}

static const struct rule_text *text_of(const struct rule *rule)
{
	for (const struct rule_text *text = rule_texts; text->code; text++)
		if (strcmp(text->code, rule->code) == 0)
			return text;
	return NULL;
}

static const char *words(const char *format, const char *code, const char *name)
{
	static char text[256];

	snprintf(text, sizeof(text), format, code, name);
	return text;
}

START_TEST(has_a_text)
{
	const struct rule *rule = &rules[_i];
	const struct rule_text *text = text_of(rule);
	const char *title = words("# %s %s: ", rule->code, rule->name);

	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(strncmp(text->text, title, strlen(title)), 0);
	ck_assert_ptr_nonnull(strstr(text->text, "\nSeverity: "));
	ck_assert_ptr_nonnull(strstr(text->text, "\n## Example\n"));
	ck_assert_ptr_nonnull(strstr(text->text, "\n## Cause\n"));
	ck_assert_ptr_nonnull(strstr(text->text, "\n## Cure\n"));
	ck_assert_ptr_nonnull(strstr(text->text, "\n## Suppress it\n"));
}
END_TEST

/* roff reads a hyphen as a typographic one unless it is escaped. */
static const char *escape(const char *name)
{
	static char text[64];
	size_t length = 0;

	for (; *name && length + 3 < sizeof(text); name++) {
		if (*name == '-')
			text[length++] = '\\';
		text[length++] = *name;
	}
	text[length] = '\0';
	return text;
}

START_TEST(is_in_the_man_page)
{
	page = support_file(SOURCE_DIRECTORY "/docs/forkcheck.1");
	ck_assert_ptr_nonnull(
		strstr(page, words("\n.B %s %s\n", rules[_i].code, escape(rules[_i].name))));
}
END_TEST

START_TEST(is_in_the_readme)
{
	char row[128];

	page = support_file(SOURCE_DIRECTORY "/README.md");
	snprintf(row, sizeof(row), "\n| [%s](docs/rules/%s.md) %s |", rules[_i].code,
		 rules[_i].code, rules[_i].name);
	ck_assert_ptr_nonnull(strstr(page, row));
}
END_TEST

Suite *rules_suite(void)
{
	Suite *suite = suite_create("rules");
	TCase *documents = tcase_create("documents");
	int count = 0;

	while (rules[count].code)
		count++;
	tcase_add_checked_fixture(documents, open_page, close_page);
	tcase_add_loop_test(documents, has_a_text, 0, count);
	tcase_add_loop_test(documents, is_in_the_man_page, 0, count);
	tcase_add_loop_test(documents, is_in_the_readme, 0, count);
	suite_add_tcase(suite, documents);
	return suite;
}
