/*
 * What is known of one process that is watched, and what follows from it, task by
 * task: stuck for good, suspected, or healthy.
 */
#ifndef FORKCHECK_PROOF_H
#define FORKCHECK_PROOF_H

#include "base/arena.h"
#include "hangs/cycle/cycle.h"
#include "hangs/record/hang_record.h"
#include "slices.h"
#include "ties.h"
#include <stdbool.h>
#include <stdint.h>

/* The waits of a process' tasks whose stacks were looked at. */
struct wait_book {
	struct arena arena; /* where count is not 0 */
	struct wait_facts *list;
	size_t count, capacity;
};

/* What a process at rest was judged to be. */
struct verdict {
	uint64_t signature; /* of the rests that it is about; 0: there is none */
	bool is_healthy;    /* somebody may end it */
	bool is_pending;    /* it is to be judged anew at the next look */
	bool is_proven;
	bool may_be_killed;
	bool is_own; /* its own threads have what they wait for */
	enum hang_evidence evidence;
	pid_t tid; /* the task whose stack tells the story */
	uint64_t since_ns;
	session_reference wait;   /* the WAIT record that announced it; else 0 */
	session_reference held;   /* the HELD record of a lock that it asked for before its birth */
	session_reference region; /* the wait for a lock of libc's that explains it; else 0 */
	struct descriptor_tie descriptor; /* that the task waits for */
	char reason[200];                 /* why it is not proven */
};

/* A word that a task sleeps on, and that is another since. */
struct changed_word {
	pid_t tid;
	uint64_t since_ns, last_ns; /* first and last time that it was seen so */
};

/* What was said of it last: nothing, with kind 0. */
struct verdict_told {
	enum hang_kind kind;
	bool is_proven;
	bool may_be_killed;
	enum hang_evidence evidence;
	pid_t tid;
	uint64_t since_ns;
};

struct watched {
	uint32_t serial;
	pid_t pid;
	int process;             /* pidfd, opened at the first look */
	bool is_missing_threads; /* lacks threads of the parent */
	/* It lacks none: only what its locks say for certain counts. */
	bool lacks_nobody;
	struct {
		uint64_t address;
		bool is_private;
	} first_word; /* of its first task, which was asked about: see private_wait_may_be() */
	struct changed_word changed;
	unsigned rounds; /* in which its first task did not sleep, see proof_may_wait_for_own() */
	session_reference wait;  /* the last WAIT record without a limit; 0: there is none */
	session_reference tried; /* the last of one with a limit, or a try */
	struct verdict_told told;

	bool has_look;
	struct process_look *look; /* made at the first one: it is large */
	uint64_t similar_since;    /* tasks may have run, but came back to the same waits */
	struct slices slices;
	struct verdict verdict;
	struct wait_book book;
	unsigned passed_over; /* rounds since the last look, because it is healthy */
	unsigned healthy;     /* looks in a row that found it so */
	uint64_t io;
	int32_t forking;
	int32_t hooked;         /* the task that is in a hook of os.register_at_fork(); 0: none */
	int32_t unseen_forking; /* of a process without the shim: who is inside fork(); 0: nobody */
	uint64_t forking_since;
	uint64_t forking_asked; /* when it was asked last what that thread waits for */
	struct {
		uint64_t lock; /* 0: none */
		uint32_t count;
	} forking_tries; /* what that thread asked for in vain by then, and how often */
	struct {
		bool is_seen, is_asked, is_in;
		struct task_look place;
	} hook;              /* of os.register_at_fork(): where its first task is */
	bool has_modules;    /* all that it has mapped is in the log */
	uint64_t asked_word; /* the last address that was asked about, and the answer */
	bool is_interpreters;
	unsigned spins;
	uint64_t tries; /* of a lock that a lost thread holds, as of the last look */
	uint64_t tries_since, tries_work;
	struct stack_registers registers;
	struct ring_candidate ring;
};

/* One turn of the watch. */
struct turn {
	struct writer *writer;
	uint64_t hang_after_ns;
	uint64_t moving_after_ns; /* the same of one that has run meanwhile, and came no further */
	struct model *model;
	bool (*found)(const struct hang *hang, void *data);
	void *data;
	uint64_t now;
};

/* All that the process has mapped, into the log and the model: once for each. */
void proof_name_modules(const struct turn *turn, struct watched *watched);

/* The id of a thread that is inside fork(), as of this turn; 0: none. */
void proof_note_forking(const struct turn *turn, struct watched *watched, int32_t forking);

/* Of one that lacks nobody: does it seem to wait for a lock that only its own bytes tell of? Asked
 * once a round, and cheap. */
bool proof_may_wait_for_own(struct watched *watched, const struct process_facts *facts);

/* Looks once more and judges; calls turn->found where there is something to say. */
void proof_judge(const struct turn *turn, struct watched *watched);

/* Has it not been judged yet, or might it be reported yet? */
bool proof_is_open(const struct watched *watched);

void proof_release(struct watched *watched);

#endif
