/*
 * The fork-safety table is written as JSON here: a row for each package or library, and what the
 * table cannot know beside it.
 */
#include "json_fork_safety.h"

static json_t *safety_number(uint64_t number)
{
	return json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number);
}

static json_t *text_list(struct document *document, const char *const *list, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		document_append(document, array, document_text(document, list[i]));
	return array;
}

static json_t *handlers_value(struct document *document, const struct fork_safety *row)
{
	json_t *object = json_object();

	document_set(document, object, "prepare", safety_number(row->prepare_handlers));
	document_set(document, object, "parent", safety_number(row->parent_handlers));
	document_set(document, object, "child", safety_number(row->child_handlers));
	return object;
}

static json_t *row_value(struct document *document, const struct fork_safety *row)
{
	json_t *object = json_object();

	document_set(document, object, "name", document_text(document, row->name));
	document_set(document, object, "version", document_text(document, row->version));
	document_set(document, object, "files", text_list(document, row->files, row->file_count));
	document_set(document, object, "threads_started", safety_number(row->threads_started));
	document_set(document, object, "threads_at_forks", safety_number(row->threads_at_forks));
	document_set(document, object, "locks_used", safety_number(row->locks_used));
	document_set(document, object, "locks_held", safety_number(row->locks_held));
	document_set(document, object, "handlers", handlers_value(document, row));
	document_set(document, object, "errors", safety_number(row->errors));
	document_set(document, object, "warnings", safety_number(row->warnings));
	document_set(document, object, "findings",
		     text_list(document, row->codes, row->code_count));
	return object;
}

json_t *json_fork_safety(struct document *document, const struct report *report)
{
	json_t *object = json_object(), *rows = json_array();
	bool is_whole = report->observed && !report->unobserved_count && !report->unobserved_more &&
			!report->events_lost;

	for (size_t i = 0; i < report->safety_count; i++)
		document_append(document, rows, row_value(document, &report->safety[i]));
	document_set(document, object, "forks", safety_number(report->safety_forks));
	/* What is in no row was not seen. It may be there all the same. */
	document_set(document, object, "all_observed", json_boolean(is_whole));
	document_set(document, object, "libraries", rows);
	return object;
}
