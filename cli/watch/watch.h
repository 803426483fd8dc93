/*
 * Follows the processes that a fork may have left in a bad way, from the
 * outside: those born without their parent's threads, those that a WAIT record
 * announced, and those that are inside fork() for long.
 *
 * Two equal looks at a process at rest, memory that nobody else has, nobody
 * who could wake it: proven. Anything less is suspected once it has lasted for
 * --hang-after, and is never acted upon.
 */
#ifndef FORKCHECK_WATCH_H
#define FORKCHECK_WATCH_H

#include "hangs/record/hang_record.h"
#include "hangs/watched_set.h"
#include "outside.h"
#include <stdbool.h>
#include <stdint.h>

struct watched;

struct watch {
	struct watched_set set;
	size_t next_arrival; /* in the model's list of processes */
	size_t next_wait;    /* in the model's list of waits */
	uint64_t next_round_ns;
	uint64_t hang_after_ns;
	uint64_t moving_after_ns; /* see struct turn */
	struct writer *writer;
	struct outside outside;
};

/* `writer` must outlive the watch. */
void watch_init(struct watch *watch, struct writer *writer, uint64_t hang_after_ns);
/*
 * The same for processes that are not forkcheck's descendants, whose records it wrote itself. One
 * that waits with time limits, or spins, is not suspected before `moving_after_ns`.
 */
void watch_init_attached(struct watch *watch, struct writer *writer, uint64_t hang_after_ns,
			 uint64_t moving_after_ns);
void watch_release(struct watch *watch);

/* From the beginning of one round to the next, after one that took so much processor time. */
uint64_t watch_pause(uint64_t spent_ns);

/*
 * One turn: takes in what the model has learned, looks at whom it is time to
 * look at, and calls `found` for each hang, proven or suspected: once, or again
 * after it returned false.
 * Returns how many milliseconds the next turn can wait.
 */
int watch_turn(struct watch *watch, struct model *model,
	       bool (*found)(const struct hang *hang, void *data), void *data);

/* Is there a process that may hang and has not been judged yet? */
bool watch_awaits_judgement(const struct watch *watch);

/* Sends a signal to every process that is watched and still the one it was. */
void watch_signal_all(const struct watch *watch, int signal);

#endif
