/* The kernel keeps the end of a process for its parent, and shows it meanwhile in /proc. */
#include "ended_signal.h"
#include "process/procfs.h"

void ended_signal_record(pid_t pid, struct writer *writer)
{
	struct record_signal record = {
		.what = SIGNAL_ENDED, .number = procfs_end_signal(pid), .pid = pid};

	if (record.number)
		writer_append(writer, RECORD_SIGNAL, &record, sizeof(record), NULL, 0);
}
