/*
 * From records to the parts of a finding: which fork, which lock, who held it,
 * where the child is.
 */
#ifndef FORKCHECK_EVIDENCE_H
#define FORKCHECK_EVIDENCE_H

#include "finding_identity.h"
#include "judgement.h"

/* A captured stack, symbolized in the program of a process. */
struct frames evidence_stack(struct judgement *judgement, uint32_t process,
			     session_reference stack);

void evidence_fork(struct judgement *judgement, struct fork_part *part, session_reference fork,
		   const struct process_facts *child);
/*
 * The fork that left behind what `child` lacks, its own or one further up the line: then
 * finding->last_fork is its own. `child` may be NULL: not known.
 */
void evidence_forks(struct judgement *judgement, struct finding *finding, session_reference fork,
		    const struct process_facts *child);

void evidence_lock(struct judgement *judgement, struct lock_part *part, uint32_t process,
		   uint64_t address, uint32_t kind, const uint8_t *state, size_t state_length,
		   session_reference initialised);

/* The thread that a HELD record names, and where it took the lock. */
void evidence_holder(struct judgement *judgement, struct holder_part *part, uint32_t process,
		     const struct record_held *held);
/* A thread that is known, or (thread NULL) only its id. */
void evidence_thread(struct judgement *judgement, struct holder_part *part, uint32_t process,
		     const struct record_thread *thread, int tid);

/* "log_mutex", "the mutex that look_up uses" or "the mutex at 0x7f..": for use in a sentence. */
const char *evidence_lock_words(struct judgement *judgement, const struct lock_part *lock);

/* A hang that the CLI saw from the outside. */
void evidence_hang(struct judgement *judgement, struct child_part *part,
		   const struct record_hang *hang);

/* The function that a live stack is stuck in, as the program called it; its frame gets that name.
 */
const char *evidence_waiting_in(struct judgement *judgement, uint32_t process,
				struct frames *stack);

/* Is it inside of exit(), or an interpreter's end? */
bool evidence_is_at_exit(const struct frames *stack);

/* The path of the program that a process runs, the arena's; NULL: unknown. */
const char *evidence_program(struct judgement *judgement, uint32_t process);

const char *evidence_file_name(const char *path);

/* Where a task was when it was asked (a TASK record), the latest time; none where it was not. */
struct frames evidence_task(struct judgement *judgement, uint32_t process, int tid);

#endif
