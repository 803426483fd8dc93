/*
 * The records of a session as things that refer to each other: processes,
 * forks, threads, locks held, waits. Built from a reader, asked by the rules.
 *
 * Records in the model are private copies, checked by the reader. References
 * between them are checked here: a wrong one gives NULL, never a wrong type.
 */
#ifndef FORKCHECK_MODEL_H
#define FORKCHECK_MODEL_H

#include "base/arena.h"
#include "pairs.h"
#include "reader.h"
#include "unwind/unwind.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process_facts {
	uint32_t serial; /* 0: nothing is known of this serial */
	uint32_t parent;
	uint32_t image;
	int pid;
	int parent_pid;
	int number; /* by which cli/process knows it: that of a core file, else its pid */
	enum birth_kind kind;
	session_reference fork;
	uint64_t birth_ns;
	uint64_t birth_number;  /* in the ring, plus one; 0: only its own record was seen */
	uint32_t state;         /* enum birth_state, as of when the birth was read */
	uint32_t lost;          /* threads of the parent that it does not have */
	bool is_outside;        /* not observed: the CLI found it in /proc */
	uint64_t private_facts; /* where it keeps its struct private_facts; 0: unknown */
	const char *path;       /* of the program; NULL: unknown */
	struct file_root root;  /* model_set_root() */
	uint32_t next_sibling;  /* the next child of the same fork; see model_first_child() */
	bool is_linked;
};

struct model_list {
	session_reference *references;
	size_t count, capacity;
};

struct model {
	struct arena arena;
	struct reader *reader;
	struct record_buffer buffer;
	const struct record **by_cell; /* index: cell; the records are the arena's */
	uint8_t *types;                /* index: cell */
	struct model_list lists[RECORD_TYPES];
	struct process_facts **processes; /* index: serial; the facts are the arena's, and stay */
	size_t process_capacity;
	struct arrivals {
		uint32_t *serials;
		size_t count, capacity;
	} arrivals;                    /* in the order in which something became known of them */
	struct address_space **spaces; /* index: serial of an image */
	struct images *images;         /* the files of all of them */
	size_t space_capacity;
	const char *shim_path;
	struct siblings {
		uint32_t first, last;
	} * children;                  /* index: cell of a FORK record */
	struct pairs for_ever;         /* (process, lock): it waited without a time limit */
	struct pairs touched;          /* (process, lock): it asked with a limit, or settled it */
	uint64_t settled_birth;        /* births before it were asked for their state a last time */
	size_t module_count_at_spaces; /* modules known when the spaces were built */
};

/* `reader` and `shim_path` must outlive the model. NULL: the shim is known by its name. */
void model_init(struct model *model, struct reader *reader, const char *shim_path);
void model_release(struct model *model);

/* Takes in what has come since the last call. True when there was anything. */
bool model_update(struct model *model);

/*
 * The record of a type at a reference, as it was when it was read first (the counters of a SHARE
 * go on: reader_share()). NULL: there is none, or it is of another type.
 */
#define DECLARE_RECORD(type, name, ...)                                                            \
	const struct record_##name *model_##name(const struct model *model,                        \
						 session_reference reference);
RECORD_LIST(DECLARE_RECORD)

/* Adds what a STACK record has to memory: its own bytes, and those of the stack that it is
 * continued on. */
void model_add_stack(struct captured_memory *memory, const struct record_stack *stack);
/* Nobody saw how it was created: found in /proc, or met when it called something. */
bool model_is_unseen(const struct record_thread *thread);
/* Of such a thread: the record that has what was found out about it
 * later; else the same record. */
const struct record_thread *model_unseen(const struct model *model,
					 const struct record_thread *thread);

/*
 * The n-th HANG record, if it is the last word on its process: what was suspected may be
 * proven later, or have come to an end. Processes that wait for each other have records of
 * their own. NULL: it is not.
 */
const struct record_hang *model_last_hang(const struct model *model, size_t index);

/* All records of a type, in the order of the log. */
const struct model_list *model_list(const struct model *model, enum record_type type);

/* NULL when nothing is known of the serial. */
const struct process_facts *model_facts(const struct model *model, uint32_t serial);
/*
 * The children of a fork, by serial, 0 for none: go on with `next_sibling`, and
 * pass over those whose `fork` is another one.
 */
uint32_t model_first_child(const struct model *model, session_reference fork);

/* Did a process wait for a lock without a time limit? */
bool model_waited_for_ever(const struct model *model, uint32_t process, uint64_t lock);
/* Did it ask for the lock with a time limit, take it, make it anew or destroy it? */
bool model_touched(const struct model *model, uint32_t process, uint64_t lock);

/*
 * Until it is given back, the lists of WAIT, TOUCH, HANG, LOST_USE and CRASH records have those
 * of one process only.
 */
struct model_view {
	struct model_list lists[RECORD_TYPES];
};
void model_restrict(struct model *model, struct model_view *view, uint32_t process);
void model_give_back(struct model *model, struct model_view *view);

/* The path of the program that a process runs; NULL: unknown. */
const char *model_program(const struct model *model, uint32_t serial);

/* Bits of enum birth_state, as they are now. A process whose place in the ring
 * was taken by another keeps those that were seen last. */
uint32_t model_state(const struct model *model, const struct process_facts *process);

/* Where the files of a program are opened. Before its address space is asked for. */
void model_set_root(struct model *model, uint32_t image, const struct file_root *root);

/* What the program of a process has mapped. */
struct address_space *model_space(struct model *model, uint32_t serial);

#endif
