/*
 * Processes that stand still for good as long as nobody else sets one of them going: each of their
 * tasks waits on memory of its own, for the end of one of them, or for a descriptor. Who writes to
 * those descriptors is for the caller to find, and belongs to the set, too, or keeps it open.
 */
#ifndef FORKCHECK_WATCH_STILL_SET_H
#define FORKCHECK_WATCH_STILL_SET_H

#include "base/arena.h"
#include "process/descriptor_wait.h"
#include "session/model.h"

/* More are not followed: nothing is said of those. */
#define STILL_MEMBERS     64
#define STILL_DESCRIPTORS 128

struct still_set {
	struct model *model;
	struct arena *arena;
	struct still_member {
		pid_t pid;
		uint64_t fingerprint; /* of the look that it was judged by */
	} members[STILL_MEMBERS];
	size_t count, judged;
	/* What they wait for; who writes to the first of them has been asked. */
	struct awaited_descriptor awaited[STILL_DESCRIPTORS];
	size_t awaited_count, asked;
	struct process_look *look;
};

/* Begins with a child that was judged elsewhere, and waits for these. False: no memory.
 * still_set_release() in any case. */
bool still_set_open(struct still_set *set, struct model *model, struct arena *arena, pid_t child,
		    const struct process_look *look, const struct descriptor_wait *wait);
void still_set_release(struct still_set *set);

bool still_set_has(const struct still_set *set, pid_t pid);
/* Takes in a process and all whose end it waits for. False where one of them may go on by itself,
 * or that cannot be told. */
bool still_set_admit(struct still_set *set, pid_t pid);
/* Descriptors that members wait for, and of which this was not asked yet. False: there are none. */
bool still_set_next(struct still_set *set, struct descriptor_wait *wait);
/* Has none of those that were admitted run since? */
bool still_set_rests(struct still_set *set);

#endif
