/* The rules as SARIF has them, with the texts of `forkcheck explain` for help. */
#include "base/beside_program.h"
#include "base/escape.h"
#include "findings/rules/rule.h"
#include "findings/rules/rule_texts.h"
#include "sarif_parts.h"

#include <stdlib.h>
#include <string.h>

/* Where docs/rules can be read: a URI that ends with a slash. The build may say it; else it is
 * where they were installed, or lie in the tree that forkcheck was built in. */
#ifndef FORKCHECK_RULES_URI
#define FORKCHECK_RULES_URI ""
#endif

static const char *const rule_places[] = {"../share/doc/forkcheck/rules", "../docs/rules", NULL};

#define MEANING "\n## What it means\n"

static const char *text_of_rule(const char *code)
{
	for (const struct rule_text *rule = rule_texts; rule->code != NULL; rule++)
		if (strcmp(rule->code, code) == 0)
			return rule->text;
	return "";
}

/* The first line is "# CODE name: summary". */
static const char *summary_of(struct arena *arena, const char *text)
{
	size_t length = strcspn(text, "\n");
	const char *colon = memchr(text, ':', length);

	if (colon == NULL)
		return arena_strndup(arena, text, length);
	return arena_strndup(arena, colon + 2, length - (size_t)(colon + 2 - text));
}

/* The first paragraph of what it means, as one line. */
static const char *meaning_of(struct arena *arena, const char *text)
{
	const char *start = strstr(text, MEANING), *end;
	char *paragraph;

	if (start == NULL)
		return summary_of(arena, text);
	start += strlen(MEANING);
	start += strspn(start, "\n");
	end = strstr(start, "\n\n");
	paragraph = arena_strndup(arena, start, end ? (size_t)(end - start) : strlen(start));
	for (char *newline = paragraph; (newline = strchr(newline, '\n')) != NULL;)
		*newline = ' ';
	return paragraph;
}

/* Our own text: whole, and as it is. */
static json_t *own_message(const char *text)
{
	return json_pack("{s:s}", "text", text);
}

static json_t *help_of(const char *text)
{
	return json_pack("{s:s, s:s}", "text", text, "markdown", text);
}

/* The folder of the rules' pages, as a URI. NULL: it is not known. */
static const char *pages_uri(struct document *document)
{
	char *folder = NULL;
	const char *uri;

	if (*FORKCHECK_RULES_URI != '\0')
		return FORKCHECK_RULES_URI;
	for (const char *const *place = rule_places; *place && !folder; place++)
		folder = beside_program(*place);
	if (folder == NULL)
		return NULL;
	uri = arena_printf(&document->arena, "file://%s/", escape_uri(&document->arena, folder));
	free(folder);
	return uri;
}

static json_t *rule_value(struct document *document, const struct rule *rule, const char *pages)
{
	struct arena *arena = &document->arena;
	const char *text = text_of_rule(rule->code);
	json_t *object = json_object();

	document_set(document, object, "id", json_string(rule->code));
	document_set(document, object, "name", json_string(rule->name));
	document_set(document, object, "shortDescription", own_message(summary_of(arena, text)));
	document_set(document, object, "fullDescription", own_message(meaning_of(arena, text)));
	document_set(document, object, "help", help_of(text));
	if (pages != NULL)
		document_set(document, object, "helpUri",
			     json_string(arena_printf(arena, "%s%s.md", pages, rule->code)));
	document_set(document, object, "defaultConfiguration",
		     json_pack("{s:o}", "level", sarif_level(rule->severity)));
	document_set(document, object, "properties",
		     json_pack("{s:[s,s]}", "tags", "fork-safety", "concurrency"));
	return object;
}

json_t *sarif_rules(struct document *document)
{
	const char *pages = pages_uri(document);
	json_t *array = json_array();

	for (const struct rule *rule = rules; rule->code != NULL; rule++)
		document_append(document, array, rule_value(document, rule, pages));
	return array;
}

int sarif_rule_index(const char *code)
{
	for (int i = 0; rules[i].code != NULL; i++)
		if (strcmp(rules[i].code, code) == 0)
			return i;
	return -1;
}
