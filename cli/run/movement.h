/*
 * Does a session stand still? Asked only once there is an error in it.
 */
#ifndef FORKCHECK_MOVEMENT_H
#define FORKCHECK_MOVEMENT_H

#include "hung.h"
#include <stdint.h>

struct movement {
	struct moving_process {
		pid_t pid;
		uint64_t io;    /* see procfs_io() */
		uint64_t ticks; /* of processor time */
	} * list;
	size_t count;
	uint64_t births; /* in the session so far */
	uint64_t looked_ns;
	uint64_t moved_ns; /* the last look that saw something move; 0: none was taken yet */
};

void movement_release(struct movement *movement);

/*
 * Looks, at most once a second, and returns for how long nothing has moved: no
 * descendant was born or has ended, and none but those that an error is about
 * has read, written or computed.
 */
uint64_t movement_still_ns(struct movement *movement, const struct hung_list *hung, uint64_t births,
			   uint64_t now);

#endif
