/*
 * Who this process is and what may be done in it, its time, and its memory where that may
 * not be there. All floors read this; it is written at the start, at a fork, and by hooks
 * that see the process give something up (a seccomp filter).
 */
#ifndef FORKCHECK_BASE_PROCESS_H
#define FORKCHECK_BASE_PROCESS_H

#include "shim.h"

#define FORMER_TIDS  8
#define FORMER_FORKS 16
#define UNSEEN_MAX   64

/* One of libc's generators of random numbers, see generators.c. */
struct generator {
	_Atomic uint64_t identity; /* of its state at the last fork or seed; 0: not known */
	_Atomic bool is_watched;   /* a fork copied the state, and nobody drew here since */
	bool is_seeded;
};

/* This process. Private memory: a fork child starts with a true copy. */
struct process {
	bool active;       /* there is a session to write to */
	bool inherits;     /* may meet locks that threads lost at a fork hold */
	bool can_read;     /* process_vm_readv works here */
	bool is_filtered;  /* it installed a seccomp filter: no system call of ours any more */
	bool is_timeless;  /* it asked the kernel to make reading the time stamp counter a fault */
	bool is_starting;  /* in child_start() */
	bool is_scheduled; /* its forks are placed among its threads (state/schedule.c) */
	/* After its last fork, or its birth by one: what is used now was used since; 0: none. */
	_Atomic uint64_t forked_ns;
	uint32_t serial;
	uint32_t parent;
	uint32_t image;
	uint32_t epoch; /* number of forks between the image and this process */
	pid_t pid;
	pid_t parent_pid;
	enum birth_kind kind;
	session_reference fork; /* the FORK record that this process was born by; 0: see born_by */
	kept_fact born_by;      /* the same as it is kept, where it was not written at the fork */
	uint64_t birth_ns;
	uint64_t birth_index;
	uint64_t private_facts; /* their address */
	uint32_t lost;          /* threads of the parent that it does not have */
	_Atomic bool recorded;  /* the PROCESS record is written */
	/* Ids under which this process' own first thread held locks before its forks. */
	pid_t former_tids[FORMER_TIDS];
	uint32_t former_count;
	/* By number of forks between the image and the parent: the FORK records. */
	session_reference forks[FORMER_FORKS];
	/* Of the same the moments (record/cuts.h); 0: none. */
	uint64_t cuts[FORMER_FORKS];
	uint32_t orphan_count;     /* locks that this fork child inherited as held (orphans.c) */
	uint32_t orphaned_regions; /* bits: lost threads were inside at a fork (region_entries.c) */
	_Atomic bool buffer_taken; /* capture.c's buffer for foreign stacks */
	_Atomic bool output_taken; /* stdio_output.c's table */
	_Atomic bool go_taken;     /* the same for Go's runtime (go_runtime.c) */
	_Atomic bool interpreter_taken; /* somebody looks for it (loaded_interpreter.c) */
	uint32_t output_count;          /* of its entries */
	_Atomic bool files_taken;       /* python_output.c's table */
	uint32_t file_count;            /* of its entries */
	_Atomic uint32_t identities;    /* given to copied state */
	_Atomic uint32_t used_locks;    /* state of taken.c's table */
	struct generator generators[COPIED_KINDS];
	/* Threads of the parent that only /proc knew, as of the last fork. */
	pid_t unseen_tids[UNSEEN_MAX];
	uint32_t unseen_count;
	size_t path_length;
	char path[PATH_LENGTH];
	char libc_version[16];
	uint32_t page_size; /* the kernel's; 0: it is not known yet */
};

extern struct process process HIDDEN;

/*
 * A word in a page that the kernel wipes in every fork child, however it was
 * made, and not in a vfork child, which has its parent's memory. Costs one load
 * where it is asked for; the mapping costs a fork nothing that could be measured.
 */
extern _Atomic uint32_t *process_mark HIDDEN;
/* There is a word, from now on. A process without threads does without: its child has
 * nothing of its parent's to be told of, and the page would be a page fault in each. */
void process_make_mark(void);

/* In a fork child that does not know yet that it is one. */
static inline bool process_is_new(void)
{
	return !atomic_load_explicit(process_mark, memory_order_relaxed);
}

/* Now it does. */
static inline void process_in_child(void)
{
	if (process_is_new())
		atomic_store(process_mark, 1);
}

/* Finds out what program it is, for the first record; before a seccomp filter is installed. */
void process_name(void);

/* False in a vfork child: nothing may be written of what is the parent's. */
bool process_is_own(void);

/* In the constructor: times are those of the log from now on. */
void time_start(struct session_header *header);

/* CLOCK_MONOTONIC in ns; bit 0 is always clear. */
uint64_t time_now(void);
extern _Atomic uint64_t *time_word HIDDEN;

/* The CLI's coarse clock, good to some 10 ms; bit 0 is always set. One load. */
static inline uint64_t time_coarse(void)
{
	return atomic_load_explicit(time_word, memory_order_relaxed);
}

/*
 * Copies memory of this process that may not be there. Returns the number of
 * bytes copied from the start. Makes system calls; leaves errno alone.
 */
size_t memory_read(void *to, const void *from, size_t length);

#endif
