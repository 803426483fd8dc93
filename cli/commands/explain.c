/* The command `forkcheck explain` prints texts that were embedded at build time. */
#include "explain.h"

#include "findings/rules/rule_texts.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct rule_text *find_rule(const char *code)
{
	for (const struct rule_text *rule = rule_texts; rule->code != NULL; rule++)
		if (strcasecmp(rule->code, code) == 0)
			return rule;
	return NULL;
}

static void list_rules(void)
{
	for (const struct rule_text *rule = rule_texts; rule->code != NULL; rule++) {
		const char *title = rule->text + strspn(rule->text, "# ");

		printf("%.*s\n", (int)strcspn(title, "\n"), title);
	}
}

/* All codes are known before the first text is printed: an error is not lost below it. */
static int check_codes(char *const *codes)
{
	for (; *codes != NULL; codes++) {
		if (find_rule(*codes) == NULL) {
			fprintf(stderr,
				"forkcheck: no rule '%s'; 'forkcheck explain' lists the rules\n",
				*codes);
			return -1;
		}
	}
	return 0;
}

static void print_rules(char *const *codes)
{
	for (char *const *code = codes; *code != NULL; code++)
		printf("%s%s", code == codes ? "" : "\n", find_rule(*code)->text);
}

int command_explain(const struct options *options)
{
	if (check_codes(options->arguments) != 0)
		return EXIT_FORKCHECK;
	if (*options->arguments == NULL)
		list_rules();
	else
		print_rules(options->arguments);
	if (ferror(stdout) || fflush(stdout) != 0) {
		fprintf(stderr, "forkcheck: cannot write to standard output: %s\n",
			strerror(errno));
		return EXIT_FORKCHECK;
	}
	return EXIT_SUCCESS;
}
