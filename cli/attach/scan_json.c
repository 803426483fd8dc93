/*
 * Writes a scan as one JSON document, schema "forkcheck-scan/1". Keys are only ever added. What
 * does not apply is absent, what is unknown is null. The document is ASCII: names in it come
 * from strangers.
 */
#include "base/escape.h"
#include "commands/options.h"
#include "scan_formats.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

/* Of a path. */
#define NAME_LIMIT 4096

struct scan_document {
	struct arena arena;
	bool failed; /* memory ran out; the document has a gap */
};

/* Takes the value over, also where it fails. */
static void put(struct scan_document *document, json_t *object, const char *key, json_t *value)
{
	document->failed |= json_object_set_new(object, key, value) != 0;
}

static void put_text(struct scan_document *document, json_t *object, const char *key,
		     const char *text)
{
	put(document, object, key,
	    text ? json_string(escape_utf8(&document->arena, text, NAME_LIMIT)) : json_null());
}

static void put_count(struct scan_document *document, json_t *object, const char *key,
		      uint64_t count)
{
	put(document, object, key, json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count));
}

static void put_seconds(struct scan_document *document, json_t *object, const char *key,
			uint64_t milliseconds)
{
	put(document, object, key, json_real((double)milliseconds / 1000));
}

static void scan_json_append(struct scan_document *document, json_t *array, json_t *value)
{
	document->failed |= json_array_append_new(array, value) != 0;
}

static json_t *scan_tool_value(struct scan_document *document)
{
	json_t *object = json_object();

	put_text(document, object, "name", "forkcheck");
	put_text(document, object, "version", FORKCHECK_VERSION);
	return object;
}

static json_t *missing_list(struct scan_document *document, const struct scan_process *process)
{
	json_t *array = json_array();

	for (size_t i = 0; i < process->missing_names; i++) {
		json_t *object = json_object();

		put_text(document, object, "name", process->missing[i].name);
		put_count(document, object, "count", process->missing[i].count);
		scan_json_append(document, array, object);
	}
	return array;
}

static json_t *wait_value(struct scan_document *document, const struct scan_process *process)
{
	json_t *object = json_object();

	put_text(document, object, "call", scan_call_text(&document->arena, process));
	put_text(document, object, "kernel_function", process->place);
	return object;
}

static json_t *process_value(struct scan_document *document, const struct scan *scan,
			     const struct scan_process *process)
{
	json_t *object = json_object();

	put(document, object, "pid", json_integer(process->pid));
	put(document, object, "ppid",
	    process->parent > 0 ? json_integer(process->parent) : json_null());
	put_count(document, object, "uid", process->uid);
	put_text(document, object, "user", process->user);
	put_text(document, object, "program", process->program);
	put_seconds(document, object, "age_s", process->age_ms);
	put_count(document, object, "tasks", process->task_count);
	put_text(document, object, "verdict", scan_verdict_name(process->verdict));
	if (process->reason != SCAN_NO_REASON)
		put_text(document, object, "reason", scan_reason_text(process->reason));
	if (process->code) {
		put_text(document, object, "code", process->code);
		put_text(document, object, "message", process->message);
	}
	put(document, object, "waiting_in", wait_value(document, process));
	if (process->verdict == SCAN_SUSPECTED || process->verdict == SCAN_AT_REST)
		put_seconds(document, object, "at_rest_s", scan->rest_ms);
	if (process->missing_count)
		put(document, object, "missing_threads", missing_list(document, process));
	return object;
}

static json_t *verdict_counts(struct scan_document *document, const struct scan *scan)
{
	json_t *object = json_object();

	for (int verdict = 0; verdict < SCAN_VERDICTS; verdict++)
		put_count(document, object, scan_verdict_name((enum scan_verdict)verdict),
			  scan->verdicts[verdict]);
	return object;
}

static json_t *scan_value(struct scan_document *document, const struct scan *scan)
{
	json_t *object = json_object(), *processes = json_array();

	put_text(document, object, "schema", "forkcheck-scan/1");
	put(document, object, "tool", scan_tool_value(document));
	put_seconds(document, object, "time_s", scan->moment_ms);
	put_seconds(document, object, "duration_s", scan->duration_ms);
	put_count(document, object, "scanned", scan->scanned);
	put_count(document, object, "unreadable", scan->unreadable);
	put(document, object, "hidden", json_boolean(scan->is_hidden));
	put_count(document, object, "candidates", scan->count);
	put(document, object, "verdicts", verdict_counts(document, scan));
	for (size_t i = 0; i < scan->count; i++)
		scan_json_append(document, processes,
				 process_value(document, scan, &scan->processes[i]));
	put(document, object, "processes", processes);
	return object;
}

int scan_render_json(FILE *stream, const struct scan *scan)
{
	struct scan_document document = {.failed = false};
	json_t *root;
	int result;

	arena_init(&document.arena);
	root = scan_value(&document, scan);
	/* 15 digits: a decimal fraction comes out as it went in. */
	result = json_dumpf(root, stream,
			    JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
	json_decref(root);
	arena_release(&document.arena);
	if (document.failed || result != 0) {
		errno = document.failed ? ENOMEM : errno;
		return -1;
	}
	return fputc('\n', stream) == EOF || fflush(stream) != 0 ? -1 : 0;
}
