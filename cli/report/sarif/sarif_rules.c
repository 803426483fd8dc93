/* The rules as SARIF has them, with the texts of `forkcheck explain` for help. */
#include "findings/rules/rule.h"
#include "findings/rules/rule_texts.h"
#include "sarif_parts.h"

#include <string.h>

/* Where docs/rules can be read: a URI that ends with a slash. The build may say it. */
#ifndef FORKCHECK_RULES_URI
#define FORKCHECK_RULES_URI ""
#endif

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

static json_t *rule_value(struct document *document, const struct rule *rule)
{
	struct arena *arena = &document->arena;
	const char *text = text_of_rule(rule->code);
	json_t *object = json_object();

	document_set(document, object, "id", json_string(rule->code));
	document_set(document, object, "name", json_string(rule->name));
	document_set(document, object, "shortDescription", own_message(summary_of(arena, text)));
	document_set(document, object, "fullDescription", own_message(meaning_of(arena, text)));
	document_set(document, object, "help", help_of(text));
	if (*FORKCHECK_RULES_URI != '\0')
		document_set(document, object, "helpUri",
			     json_string(arena_printf(arena, "%s%s.md", FORKCHECK_RULES_URI,
						      rule->code)));
	document_set(document, object, "defaultConfiguration",
		     json_pack("{s:o}", "level", sarif_level(rule->severity)));
	document_set(document, object, "properties",
		     json_pack("{s:[s,s]}", "tags", "fork-safety", "concurrency"));
	return object;
}

json_t *sarif_rules(struct document *document)
{
	json_t *array = json_array();

	for (const struct rule *rule = rules; rule->code != NULL; rule++)
		document_append(document, array, rule_value(document, rule));
	return array;
}

int sarif_rule_index(const char *code)
{
	for (int i = 0; rules[i].code != NULL; i++)
		if (strcmp(rules[i].code, code) == 0)
			return i;
	return -1;
}
