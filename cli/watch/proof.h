/*
 * What is known of one process that is watched, and what follows from it: at
 * rest for good, suspected, or healthy.
 */
#ifndef FORKCHECK_PROOF_H
#define FORKCHECK_PROOF_H

#include "hang.h"
#include "ring.h"
#include <stdbool.h>
#include <stdint.h>

struct watched {
	uint32_t serial;
	pid_t pid;
	int process;  /* pidfd, opened at the first look */
	bool is_heir; /* lacks threads of the parent */
	session_reference wait;
	bool is_reported;

	bool has_look;
	struct process_look *look; /* made at the first one: it is large */
	uint64_t rest_since;       /* no task has run since */
	uint64_t similar_since;    /* tasks may have run, but came back to the same waits */
	uint64_t judged_rest;      /* rest_since of the rest that was judged already */
	const char *reason;        /* why that rest is no proof; malloc'ed */
	bool is_healthy;           /* that rest can end: others have its memory */
	session_reference region;  /* the wait for a lock of libc's that explains it; else 0 */
	pid_t region_tid;
	bool was_passed_over; /* in the last round, because it is */
	uint64_t io;
	int32_t forking;
	uint64_t forking_since;
	struct process_look
		*deaf_look;  /* the last that was asked whether a signal ends its waits */
	bool is_deaf;        /* and the answer */
	bool has_modules;    /* all that it has mapped is in the log */
	uint64_t asked_word; /* the last address that was asked about, and the answer */
	bool is_interpreters;
	unsigned spins;
	struct stack_registers registers;
	struct ring_candidate ring;
};

/* One turn of the watch. */
struct turn {
	struct writer *writer;
	uint64_t hang_after_ns;
	struct model *model;
	bool (*found)(const struct hang *hang, void *data);
	void *data;
	uint64_t now;
};

/* The id of a thread that is inside fork(), as of this turn; 0: none. */
void proof_note_forking(const struct turn *turn, struct watched *watched, int32_t forking);

/* Looks once more and judges; calls turn->found where there is something to say. */
void proof_judge(const struct turn *turn, struct watched *watched);

#endif
