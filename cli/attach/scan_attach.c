/*
 * What a scan cannot say from /proc alone is asked by attaching: the lock that is waited for, and
 * who has it. The tasks of those few processes are held for a millisecond each.
 */
#include "scan_attach.h"
#include "attach.h"
#include "findings/judge.h"

/* Until all of them have been looked at twice, and judged; what only stands still is suspected
 * before that. */
#define WATCH_MS 2500
#define HANG_MS  900

static bool is_asked(const struct scan_process *process)
{
	return process->verdict == SCAN_SUSPECTED || process->reason == SCAN_ORPHAN ||
	       process->reason == SCAN_NO_PARENT;
}

static void scan_attach_begin(struct attach *attach, const struct scan *scan)
{
	char problem[512];

	/* Who may not be looked at stays what it was. */
	for (size_t i = 0; i < scan->count; i++)
		if (is_asked(&scan->processes[i]))
			attach_add(attach, scan->processes[i].pid, problem, sizeof(problem));
}

static void scan_attach_judge(struct attach *attach, struct scan *scan,
			      struct scan_process *process)
{
	const struct ancestor *ancestor = lineage_find(&attach->lineage, process->pid);
	const struct finding *finding;

	if (!ancestor)
		return;
	finding = judge_wait(&attach->model, &scan->arena, ancestor->serial);
	scan->verdicts[process->verdict]--;
	scan->reasons[process->reason]--;
	process->reason = SCAN_NO_REASON;
	process->verdict = !finding                                    ? SCAN_AT_REST
			   : finding->certainty == CERTAINTY_SUSPECTED ? SCAN_SUSPECTED
								       : SCAN_HUNG;
	scan->verdicts[process->verdict]++;
	scan->reasons[process->reason]++;
	process->code = finding ? finding->code : NULL;
	process->message = finding ? finding->message : NULL;
}

int scan_attach(struct scan *scan)
{
	struct attach attach;
	int result = attach_open(&attach, HANG_MS);

	if (result == 0) {
		scan_attach_begin(&attach, scan);
		if (attach.count)
			attach_follow(&attach, WATCH_MS);
		for (size_t i = 0; i < scan->count; i++)
			if (is_asked(&scan->processes[i]))
				scan_attach_judge(&attach, scan, &scan->processes[i]);
	}
	attach_close(&attach);
	return result;
}
