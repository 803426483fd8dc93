/*
 * Looks at processes that were started without forkcheck: what the shim would have written is read
 * from /proc and from their memory, and then they are watched and judged like those of a run.
 */
#ifndef FORKCHECK_ATTACH_H
#define FORKCHECK_ATTACH_H

#include "lineage.h"
#include "session/session.h"
#include "watch/watch.h"

struct attach {
	struct session session; /* in this process' own memory */
	struct reader reader;
	struct writer writer;
	struct model model;
	struct watch watch;
	struct lineage lineage;
	struct target_process *targets;
	size_t count, capacity;
	struct process_look *look; /* of whoever is asked now: it is large */
	/* Called for each hang that has its records: what the user wants done about it. */
	void (*act)(struct attach *attach, const struct hang *hang, void *data);
	void *data;
};

/* Returns 0, or -1 after one line on stderr. `hang_after_ms`: what only stands still is suspected
 * after so long. attach_close() in any case. */
int attach_open(struct attach *attach, uint64_t hang_after_ms);
void attach_close(struct attach *attach);

/*
 * Adds a process whose number was given. Returns false where it may not be looked at: then why,
 * and what to do, stands in `problem`, and it is in the report as unknown.
 */
bool attach_add(struct attach *attach, pid_t pid, char *problem, size_t capacity);
/* With the process that forked it, and with all descendants of its. Who may not be looked at is
 * left out. */
void attach_add_tree(struct attach *attach, pid_t pid);

/* Looks at all of them for so long, or until there is nothing more to be known. False: a signal
 * has told us to end. */
bool attach_follow(struct attach *attach, uint64_t watch_ms);

/* ATTACHED and TASK records of all of them: what they are doing now. */
void attach_record(struct attach *attach);

#endif
