/*
 * A process that hangs for good is ended or stopped here, where the user wants it: only one in
 * which nothing has anything left to do, and only while it is held and as it was judged.
 */
#include "reaction.h"
#include <signal.h>
#include <stdio.h>

static const struct deadlock_reaction {
	int signal; /* 0: none */
	const char *what;
} reactions[] = {
	[DEADLOCK_DEFAULT] = {0, NULL},
	[DEADLOCK_KILL] = {SIGKILL, "killed"},
	[DEADLOCK_STOP] = {SIGSTOP, "stopped"},
	[DEADLOCK_ABORT] = {SIGABRT, "aborted"},
	[DEADLOCK_WAIT] = {0, NULL},
	[DEADLOCK_END_RUN] = {SIGKILL, "killed"},
};

const char *reaction_to(const struct options *options, const struct hang *hang)
{
	const struct deadlock_reaction *reaction = &reactions[options->on_deadlock];

	/* Whoever still has something to do is not to blame. */
	if (!hang->is_proven || !hang->may_be_killed || !reaction->signal ||
	    !hang_signal(hang, reaction->signal))
		return NULL;
	if (reaction->signal == SIGSTOP && !options->quiet)
		fprintf(stderr, "forkcheck: process %d is stopped; look at it with: gdb -p %d\n",
			hang->pid, hang->pid);
	return reaction->what;
}
