/*
 * From the outside: is the process that is about to wait really stuck? Two
 * looks at /proc, then, where the user wants it, the end of that process.
 */
#ifndef FORKCHECK_WATCH_H
#define FORKCHECK_WATCH_H

#include "../session/model.h"
#include "procfs.h"
#include <stdbool.h>
#include <sys/types.h>

/* A wait for an orphaned lock that the shim announced. */
struct suspect {
	session_reference wait;
	pid_t pid;
	int process; /* pidfd */
	bool looked;
	struct process_look look;
};

struct watch {
	struct suspect **suspects;
	size_t count, capacity;
	size_t next_wait; /* in the model's list of waits */
};

enum verdict {
	VERDICT_OPEN,  /* look again */
	VERDICT_STUCK, /* every task waits without a time limit and has not run since the last look
			*/
	VERDICT_GONE,  /* ended, or the call came back */
};

void watch_init(struct watch *watch);
void watch_release(struct watch *watch);

/* Takes in the waits that the model has learned of since. */
void watch_update(struct watch *watch, const struct model *model);

/*
 * Looks at every suspect once more and calls `act` for each that is stuck,
 * which then is no suspect any more. Returns the number that is left open.
 */
size_t watch_look(struct watch *watch, const struct model *model,
		  void (*act)(const struct suspect *suspect, void *data), void *data);

/* Kills the process that `suspect` is, and no other that has its number now. */
bool watch_kill(const struct suspect *suspect);

#endif
