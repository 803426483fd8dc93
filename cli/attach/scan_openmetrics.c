/*
 * Writes a scan as OpenMetrics text, which the text file collector of Prometheus' node_exporter
 * reads: how many processes of each program have each verdict, and what the scan was.
 */
#include "base/escape.h"
#include "scan_formats.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "forkcheck_scan_"
/* More than any file's name takes, each byte escaped: a cut name could be that of another, and a
 * file with a series that stands there twice is refused as a whole. */
#define NAME_COLUMNS 1024

struct series {
	enum scan_verdict verdict;
	const char *program; /* as it is written */
};

/* A family of one gauge. */
static void print_gauge(FILE *stream, const char *name, const char *help, uint64_t value)
{
	fprintf(stream,
		"# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s gauge\n" PREFIX "%s %" PRIu64 "\n",
		name, help, name, name, value);
}

static void print_seconds(FILE *stream, const char *name, const char *help, uint64_t milliseconds)
{
	fprintf(stream,
		"# HELP " PREFIX "%s_seconds %s\n# TYPE " PREFIX "%s_seconds gauge\n" PREFIX
		"%s_seconds %" PRIu64 ".%03" PRIu64 "\n",
		name, help, name, name, milliseconds / 1000, milliseconds % 1000);
}

/* Backslashes and quotes are escaped in a label's value; what is no text is so already. */
static const char *label_of(struct arena *arena, const char *value)
{
	const char *text = escape_terminal(arena, value, NAME_COLUMNS);
	char *label = arena_array(arena, strlen(text) + 1, 2), *end = label;

	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			*end++ = '\\';
		*end++ = *text;
	}
	return label;
}

static int by_labels(const void *left, const void *right)
{
	const struct series *one = left, *other = right;

	if (one->verdict != other->verdict)
		return one->verdict < other->verdict ? -1 : 1;
	return strcmp(one->program, other->program);
}

static struct series *list_series(struct arena *arena, const struct scan *scan)
{
	struct series *list = arena_array(arena, scan->count, sizeof(*list));

	for (size_t i = 0; i < scan->count; i++)
		list[i] = (struct series){scan->processes[i].verdict,
					  label_of(arena, scan_program_name(&scan->processes[i]))};
	qsort(list, scan->count, sizeof(*list), by_labels);
	return list;
}

/* Those with the same labels are one series. */
static void print_processes(FILE *stream, struct arena *arena, const struct scan *scan)
{
	const struct series *list = list_series(arena, scan);

	fputs("# HELP " PREFIX "processes Sleeping processes that may be fork children without "
	      "exec.\n# TYPE " PREFIX "processes gauge\n",
	      stream);
	for (size_t first = 0, next; first < scan->count; first = next) {
		next = first + 1;
		while (next < scan->count && by_labels(&list[first], &list[next]) == 0)
			next++;
		fprintf(stream, PREFIX "processes{verdict=\"%s\",program=\"%s\"} %zu\n",
			scan_verdict_name(list[first].verdict), list[first].program, next - first);
	}
}

int scan_render_openmetrics(FILE *stream, const struct scan *scan)
{
	struct arena arena;

	arena_init(&arena);
	print_processes(stream, &arena, scan);
	print_gauge(stream, "suspected", "Processes that are suspected to hang, of all programs.",
		    scan->verdicts[SCAN_SUSPECTED]);
	print_gauge(stream, "scanned", "Processes that were looked for.", scan->scanned);
	print_gauge(stream, "unreadable", "Processes that could not be read.", scan->unreadable);
	print_gauge(stream, "hidden", "1 where /proc hides other users' processes.",
		    scan->is_hidden);
	print_seconds(stream, "duration", "How long the scan took.", scan->duration_ms);
	print_seconds(stream, "timestamp", "When the scan began, since 1970.", scan->moment_ms);
	fputs("# EOF\n", stream);
	arena_release(&arena);
	return ferror(stream) || fflush(stream) != 0 ? -1 : 0;
}
