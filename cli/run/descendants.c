/*
 * Whoever is left of a run is ended here, by SIGKILL through pidfds, and only descendants of
 * this process are.
 */
#include "descendants.h"
#include "process/procfs.h"
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KILLED_MAX 256

static bool descendants_is_among(const pid_t *list, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == pid)
			return true;
	return false;
}

/* A number that was free for a moment may be a stranger's: they are asked for again once
 * they are held by something better. */
bool descendants_kill(void)
{
	pid_t descendants[KILLED_MAX], still[KILLED_MAX];
	size_t count = procfs_descendants(descendants, KILLED_MAX), still_count;
	int processes[KILLED_MAX];
	bool any = false;

	for (size_t i = 0; i < count; i++)
		processes[i] = (int)syscall(SYS_pidfd_open, descendants[i], 0);
	still_count = procfs_descendants(still, KILLED_MAX);
	for (size_t i = 0; i < count; i++) {
		if (processes[i] < 0)
			continue;
		if (descendants_is_among(still, still_count, descendants[i]))
			any |= syscall(SYS_pidfd_send_signal, processes[i], SIGKILL, NULL, 0) == 0;
		close(processes[i]);
	}
	return any;
}
