/*
 * Progress is judged by what /proc counts for a whole process: transfers, processor time, and page
 * faults. To wake up, see that nothing has come, and wait again takes some ten microseconds in C,
 * and some hundreds in an interpreter.
 */
#include "progress.h"

/* More of one processor is work: one in so many, as for a session that stands still. */
#define WORK_SHARE 50
/* More processor time for each wait is work, too. */
#define WAKE_NS 1000000u
/* User and system time are each good to a tick. */
#define TICKS_NS 20000000u
/* Pages are reclaimed, moved and shared by the kernel, so that few faults say nothing. */
#define FAULTS 64

bool progress_read(pid_t pid, uint32_t sent, const struct process_look *look,
		   struct progress *progress)
{
	struct procfs_activity activity;

	if (!procfs_activity(pid, &activity))
		return false;
	*progress = (struct progress){
		.transfers = procfs_io(pid) + sent,
		.processor_ns = activity.processor_ns,
		.faults = activity.faults,
	};
	for (size_t i = 0; i < look->count; i++)
		progress->switches += look->tasks[i].switches;
	return true;
}

bool progress_is_made(const struct progress *before, const struct progress *now,
		      uint64_t elapsed_ns)
{
	uint64_t processor_ns = now->processor_ns - before->processor_ns;
	uint64_t waits = now->switches - before->switches;

	return now->transfers != before->transfers || now->faults - before->faults > FAULTS ||
	       processor_ns > TICKS_NS + elapsed_ns / WORK_SHARE ||
	       processor_ns > TICKS_NS + waits * WAKE_NS;
}
