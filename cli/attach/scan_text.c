/*
 * Writes a scan for a person: one line for each process that is suspected, how many there were
 * of each verdict, and what could not be read. Names are strangers': no byte of them reaches
 * the terminal as it is.
 */
#include "base/escape.h"
#include "scan_formats.h"
#include <inttypes.h>

#define NAME_COLUMNS    64
#define MESSAGE_COLUMNS 512
/* Of different threads in a line. */
#define NAMES_MAX 8

static const char *shown(struct arena *arena, const char *name)
{
	return escape_terminal(arena, name, NAME_COLUMNS);
}

static const char *age_text(struct arena *arena, uint64_t milliseconds)
{
	uint64_t seconds = milliseconds / 1000, minutes = seconds / 60, hours = minutes / 60;

	if (minutes == 0)
		return arena_printf(arena, "%" PRIu64 " s", seconds);
	if (hours == 0)
		return arena_printf(arena, "%" PRIu64 " min", minutes);
	if (hours < 48)
		return arena_printf(arena, "%" PRIu64 " h %" PRIu64 " min", hours, minutes % 60);
	return arena_printf(arena, "%" PRIu64 " days", hours / 24);
}

static void print_missing(FILE *stream, struct arena *arena, const struct scan_process *process)
{
	for (size_t i = 0; i < process->missing_names && i < NAMES_MAX; i++) {
		const struct scan_thread *thread = &process->missing[i];

		fprintf(stream, "%s%s", i ? ", " : ": ", shown(arena, thread->name));
		if (thread->count > 1)
			fprintf(stream, " (%zu)", thread->count);
	}
	if (process->missing_names > NAMES_MAX)
		fputs(", ...", stream);
}

static void print_suspected(FILE *stream, struct arena *arena, const struct scan_process *process)
{
	const char *call = scan_call_text(arena, process);

	fprintf(stream, "%s %s[%d]", scan_verdict_name(process->verdict),
		shown(arena, scan_program_name(process)), process->pid);
	if (process->user)
		fprintf(stream, " of %s", shown(arena, process->user));
	fprintf(stream, ", %s old, waits", age_text(arena, process->age_ms));
	if (call)
		fprintf(stream, " in %s", call);
	if (process->place)
		fprintf(stream, " (%s)", shown(arena, process->place));
	if (process->missing_count)
		fprintf(stream, "; lacks %zu thread%s of its parent %d", process->missing_count,
			process->missing_count == 1 ? "" : "s", process->parent);
	print_missing(stream, arena, process);
	if (process->code)
		fprintf(stream, "; %s: %s", process->code,
			escape_terminal(arena, process->message, MESSAGE_COLUMNS));
	fputc('\n', stream);
}

static void print_counts(FILE *stream, const struct scan *scan)
{
	const char *separator = ": ";

	fprintf(stream, "forkcheck: %zu process%s, of them %zu that may be %s", scan->scanned,
		scan->scanned == 1 ? "" : "es", scan->count,
		scan->count == 1 ? "a fork child" : "fork children");
	/* Nothing hangs for certain before it was attached to. */
	for (int verdict = scan->verdicts[SCAN_HUNG] ? SCAN_HUNG : SCAN_SUSPECTED;
	     verdict < SCAN_VERDICTS; verdict++) {
		fprintf(stream, "%s%zu %s", separator, scan->verdicts[verdict],
			scan_verdict_name((enum scan_verdict)verdict));
		separator = ", ";
	}
	fputc('\n', stream);
	for (int reason = SCAN_NO_REASON + 1; reason < SCAN_REASONS; reason++)
		if (scan->reasons[reason])
			fprintf(stream, "forkcheck: %zu unknown: %s\n", scan->reasons[reason],
				scan_reason_text((enum scan_reason)reason));
}

int scan_render_text(FILE *stream, const struct scan *scan)
{
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < scan->count; i++)
		if (scan->processes[i].verdict <= SCAN_SUSPECTED)
			print_suspected(stream, &arena, &scan->processes[i]);
	print_counts(stream, scan);
	if (scan->verdicts[SCAN_SUSPECTED])
		fputs("forkcheck: whether it hangs, and why: forkcheck attach PID\n", stream);
	if (scan->unreadable)
		fprintf(stream,
			"forkcheck: %zu could not be read: that takes root, or CAP_SYS_PTRACE\n",
			scan->unreadable);
	if (scan->is_hidden)
		fputs("forkcheck: /proc hides other users' processes (hidepid); root can see "
		      "them\n",
		      stream);
	arena_release(&arena);
	return ferror(stream) || fflush(stream) != 0 ? -1 : 0;
}
