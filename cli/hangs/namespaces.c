/*
 * The numbers of a process in its own namespace are those of NSpid in /proc/PID/status, from
 * our namespace inwards, if its own notes agree.
 */
#include "namespaces.h"
#include "hangs/identify/wakeup_sources.h"
#include "process/procfs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DESCENDANTS_MAX 4096

/* The innermost number; 0: it lives in our namespace, or is gone. */
static pid_t inner_number(pid_t pid)
{
	char path[64], line[256];
	int outer = 0, inner = 0, length;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status)) {
		const char *at = line + strlen("NSpid:");

		if (strncmp(line, "NSpid:", strlen("NSpid:")) != 0 ||
		    sscanf(at, "%d%n", &outer, &length) != 1)
			continue;
		for (at += length; sscanf(at, "%d%n", &inner, &length) == 1; at += length)
			;
		break;
	}
	if (status)
		fclose(status);
	return inner;
}

void namespaces_refresh(struct namespaces *namespaces)
{
	pid_t *descendants = calloc(DESCENDANTS_MAX, sizeof(*descendants));
	size_t count = descendants ? procfs_descendants(descendants, DESCENDANTS_MAX) : 0;

	namespaces->count = 0;
	if (!namespaces->list)
		namespaces->list = calloc(DESCENDANTS_MAX, sizeof(*namespaces->list));
	for (size_t i = 0; namespaces->list && i < count; i++) {
		pid_t inner = inner_number(descendants[i]);

		if (inner)
			namespaces->list[namespaces->count++] =
				(struct inner_process){descendants[i], inner};
	}
	free(descendants);
}

void namespaces_release(struct namespaces *namespaces)
{
	free(namespaces->list);
	*namespaces = (struct namespaces){0};
}

pid_t namespaces_find(const struct namespaces *namespaces, const struct process_facts *facts)
{
	pid_t found = 0;

	for (size_t i = 0; i < namespaces->count; i++) {
		const struct inner_process *inner = &namespaces->list[i];

		if (inner->inner != facts->pid || !wakeup_are_of(facts, inner->pid))
			continue;
		if (found)
			return 0;
		found = inner->pid;
	}
	return found;
}
