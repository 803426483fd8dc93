/*
 * What a process keeps of its threads in its own memory, and the CLI reads from the outside: the
 * locks that each holds, and where it took them. Shared by both sides, as log_format.h is.
 */
#ifndef FORKCHECK_COMMON_THREAD_LAYOUT_H
#define FORKCHECK_COMMON_THREAD_LAYOUT_H

#include "log_format.h"
#include <stdbool.h>

#define HELD_SLOTS 64 /* of a table */
#define HELD_FAST  16 /* the first ones, where the uncontended path looks */
/* Further tables, for a thread that holds more locks at a time than there is room for: stripes
 * that are all taken, handlers of fork. */
#define HELD_MORE 63

/* Bits of held_slot.lock; locks are aligned to more. */
#define SLOT_COUNTS 1 /* HELD_COUNTED */
#define SLOT_SLOW   2 /* hidden from the uncontended path */
/* The lock names who has it this way, although it does not name all who have it: HELD_NAMED.
 * No address of user space has this bit. */
#define SLOT_NAMED ((uintptr_t)1 << 63)
/* Each use of the slot is to be seen, so that its uncontended path is closed: the lock is a gate,
 * hands something over, or its next section is measured (state/watched_locks.h). */
#define SLOT_WATCHED ((uintptr_t)1 << 62)
#define SLOT_BITS    (SLOT_NAMED | SLOT_WATCHED | SLOT_COUNTS | SLOT_SLOW)

/* 32 bytes: two to a cache line. */
struct held_slot {
	uintptr_t lock; /* the lock's address and SLOT_ bits */
	const void *site;
	const void *sp;
	uint64_t since; /* open: time_coarse() or time_now(); else as below */
};

/*
 * A slot that was given back says when, in a number that only rises: the moment of the thread
 * (shim/state/moments.h), and below it which gates the thread then had. 0: never had.
 */
#define SLOT_GIVEN_BACK   (UINT64_C(1) << 63)
#define SLOT_MOMENT_SHIFT 15
#define SLOT_GATES        0x7fffu

static inline bool since_is_open(uint64_t since)
{
	return (int64_t)since > 0;
}

struct held_table {
	uint64_t used; /* slots that were ever written */
	uint32_t overflowed;
	bool is_open; /* the uncontended path may use the fast slots */
	uint8_t kinds[HELD_SLOTS];
	uint8_t flags[HELD_SLOTS];  /* enum held_flag */
	uint8_t depths[HELD_SLOTS]; /* how often it was taken beyond the first time */
	struct held_slot *fast;     /* the first HELD_FAST: held_fast of the thread, or `kept` */
	_Alignas(64) struct held_slot slots[HELD_SLOTS - HELD_FAST];
	struct held_slot kept[HELD_FAST]; /* once the TLS is out of reach */
};

/* The innermost part of a stack at a call site, taken the first time that the
 * thread came by. Enough for the functions that took a lock and returned; the
 * rest of the chain is still in place on the holder's own stack. */
#define SNAPSHOTS 16
struct snapshot {
	const void *site;
	const void *sp;
	struct stack_registers registers;
	uint64_t address;
	uint32_t length;
	uint32_t reserved;
	uint8_t bytes[SESSION_SNAPSHOT_MAX];
};

/* A lock that a thread inside fork() asked for with a try or with a time limit, in vain. */
struct tried_lock {
	_Atomic uint64_t lock;  /* 0: none since the fork began */
	_Atomic uint32_t kind;  /* enum lock_kind */
	_Atomic uint32_t count; /* of tries in vain, one after the other */
};

/* Blocks of a slab. */
#define SLAB_THREADS 64

/* Where the blocks of the threads are, and what is where in one. */
struct session_threads {
	uint64_t first_slab;     /* address of the first slab */
	uint64_t slabs;          /* of the addresses of all; the first is not there */
	uint64_t slab_count;     /* of their number, a uint32_t */
	uint64_t used_in_first;  /* of a word with a bit for each block of the first slab */
	uint64_t used_in_others; /* of such words of all; the first is not there */
	uint32_t block;          /* size of one */
	/* Distances from its start. */
	uint32_t life, tid, self, serial, held, more, snapshots, tried;
	uint32_t reserved;
};

_Static_assert(sizeof(struct held_slot) == 32, "held slot");
_Static_assert(sizeof(struct tried_lock) == 16, "tried lock");
_Static_assert(sizeof(struct session_threads) == 80, "session threads");

#endif
