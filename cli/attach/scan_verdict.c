/*
 * A process is judged here by what two looks at /proc have shown of it.
 *
 * A wait on a private futex without a time limit is ended by a task of the same process. Where
 * all of them wait so, and the process lacks threads that its parent had at the fork, there is
 * nobody left to end it, unless a signal or a timer of its own does: it is suspected. Who waits
 * for something else, or lacks nobody, is at rest and no more.
 */
#include "process/call_names.h"
#include "scan_processes.h"
#include <string.h>

/* What no more is to be asked of, for `reason`. */
static enum scan_reason reason_of_wait(const struct scan_evidence *evidence)
{
	if (evidence->has_unseen)
		return SCAN_MANY_TASKS;
	if (evidence->is_held)
		return SCAN_HELD;
	if (evidence->is_orphan)
		return SCAN_ORPHAN;
	if (evidence->has_unread_parent)
		return SCAN_NO_PARENT;
	if (evidence->missing_count && !evidence->is_copy && !evidence->copy_is_told)
		return SCAN_UNPROVEN;
	return SCAN_NO_REASON;
}

enum scan_verdict scan_judge(const struct scan_evidence *evidence, enum scan_reason *reason)
{
	*reason = SCAN_NO_REASON;
	if (!evidence->is_readable)
		*reason = SCAN_UNREADABLE;
	else if (evidence->has_moved)
		return SCAN_ACTIVE;
	else if (evidence->has_other_calls)
		*reason = SCAN_OTHER_CALLS;
	else if (!evidence->waits_on_futex || (!evidence->has_unseen && !evidence->all_wait))
		return SCAN_AT_REST;
	else
		*reason = reason_of_wait(evidence);
	if (*reason != SCAN_NO_REASON)
		return SCAN_UNKNOWN;
	return evidence->missing_count && evidence->is_copy ? SCAN_SUSPECTED : SCAN_AT_REST;
}

const char *scan_verdict_name(enum scan_verdict verdict)
{
	static const char *const names[SCAN_VERDICTS] = {"hung", "suspected", "at rest", "active",
							 "unknown"};

	return names[verdict];
}

const char *scan_reason_text(enum scan_reason reason)
{
	static const char *const texts[SCAN_REASONS] = {
		[SCAN_NO_REASON] = "",
		[SCAN_UNREADABLE] = "what it waits in may not be read (kernel.yama.ptrace_scope?)",
		[SCAN_ORPHAN] = "waits on a futex, and its parent is gone: nothing shows which "
				"threads it lacks",
		[SCAN_NO_PARENT] = "waits on a futex, and its parent may not be read",
		[SCAN_UNPROVEN] = "waits on a futex, and the kernel does not tell whether it was "
				  "forked or started anew",
		[SCAN_HELD] = "held by a debugger or frozen",
		[SCAN_OTHER_CALLS] = "a 32-bit program",
		[SCAN_MANY_TASKS] = "not all of its threads could be looked at",
	};

	return texts[reason];
}

const char *scan_program_name(const struct scan_process *process)
{
	const char *slash = strrchr(process->program, '/');

	return slash && slash[1] ? slash + 1 : process->program;
}

const char *scan_call_text(struct arena *arena, const struct scan_process *process)
{
	const char *name = call_name(process->call);

	if (process->call < 0)
		return NULL;
	if (process->reason == SCAN_OTHER_CALLS || !name)
		return arena_printf(arena, "system call %ld", process->call);
	return name;
}
