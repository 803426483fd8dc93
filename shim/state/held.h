/*
 * Opens, finds and closes the slots of a thread's tables of held locks (held_table.h), in
 * the thread that they belong to.
 */
#ifndef FORKCHECK_STATE_HELD_H
#define FORKCHECK_STATE_HELD_H

#include "state/held_table.h"

enum held_mode {
	HELD_PLAIN,
	HELD_COUNTED, /* can be taken again by its owner: giving it back once is not the end */
	HELD_NAMED,   /* for writing */
};

/* Opens a slot for a lock that is about to be, or was just, acquired. */
struct held_slot *held_open(struct thread *thread, const void *lock, enum lock_kind kind,
			    enum held_mode mode, struct call_site site);
/*
 * For a lock that its holder can take again and that keeps no count of it (a
 * read-lock): counts one more in the open slot. False: there is none.
 */
bool held_again(struct thread *thread, const void *lock);
/* How often the thread has the lock, by its table, without being named by it. */
uint32_t held_count(struct thread *thread, const void *lock);
/* Closes the slot of a lock, or takes one from its count; `closing` is held_closing, or what
 * held_before_release() gave. */
void held_close(struct thread *thread, const void *lock, uint64_t closing);
/* The open slot of a lock, or NULL. */
struct held_slot *held_find(struct thread *thread, const void *lock);
/* The same, or else the slot that was last closed for it. */
struct held_slot *held_last(struct thread *thread, const void *lock);

/*
 * Before a lock is given back: what it hands over goes first, for the next one may have it at
 * once. Returns the closing word of the section, which is of before that.
 */
uint64_t held_before_release(struct thread *thread, const void *lock);
/*
 * Some of its locks may be watched since it came to wait for them: it went on without a look, and
 * may have been told something.
 */
void held_catch_up(struct thread *thread);
/* The open slot of the lock is watched from now on. */
void held_watch(struct thread *thread, const void *lock);

/*
 * The thread's fast slot of that number is about to be another lock's. What it says of the last
 * section of its own is put where the other places of that lock are.
 */
void held_move_aside(struct thread *thread, uint32_t index);

/* The lock was made anew: what the table knows of it is about another one. */
void held_forget(struct thread *thread, const void *lock);

#endif
