/*
 * The registry of threads: one block per thread, in private memory that is
 * never unmapped, so that a fork child has a true copy of every thread's
 * state and no reader ever faults.
 *
 * Whether a thread lives is asked of the kernel without a system call: each
 * thread holds the robust mutex `life` of its block from its first to its last
 * instruction. Its lock word is the thread id; when the thread ends in any
 * way (return, pthread_exit, cancellation, a raw exit), the kernel sets
 * FUTEX_OWNER_DIED in it. No key, no destructor, no cleanup handler.
 */
#ifndef FORKCHECK_STATE_THREAD_H
#define FORKCHECK_STATE_THREAD_H

#include "base/process.h"
#include "state/capture.h"
#include "state/held_table.h"
#include "state/moments.h"
#include "state/region_slot.h"
#include <linux/futex.h>
#include <pthread.h>

/* A fork in progress. What a signal handler interrupts is kept and put back. */
struct fork_state {
	enum fork_function function;
	const void *site;  /* return address of the call; NULL: not known */
	bool is_raw;       /* libc does not know: the child keeps its thread id for libc */
	bool bears_itself; /* the child enters itself into the births */
	uint32_t parent;   /* serial of the process that announced it; 0: not announced yet */
	uint32_t child;    /* serial: who the child will be */
	uint64_t birth;    /* its place in the births ring */
	uint64_t ns;       /* when the last handler before the clone ran */
	uint32_t others;   /* threads that lived beside this one then */
	kept_fact stack;
	kept_fact python;         /* what an interpreter did there; 0: none */
	kept_fact fact;           /* the FORK */
	session_reference record; /* the same; 0: it has not mattered so far */
	uint64_t cut;             /* its moment (record/cuts.h); 0: nobody is lost */
	session_reference lost;   /* the LOST record that an earlier child wrote, or 0 */
	/* What a child of clone() is to run. */
	int (*start)(void *);
	void *argument;
};

/* What the thread notes of its own sections, for predictions (record/sections.c). */
#define SECTION_BITS 256
/* A thread notes so many locks after one fork. Who goes through thousands would do nothing else. */
#define SECTIONS_A_FORK 128
struct section_notes {
	uint64_t slow_before;             /* `seen` is as of this held_slow_before */
	uint32_t noted;                   /* locks since then that a fork had come before */
	uint64_t seen[SECTION_BITS / 64]; /* bits of locks that came by the slow path since then */
	uint64_t waits; /* closing word of the mutex that it gave up for a condition */
	/* The section that is measured: its lock, 0 for none; since when, and for which record. */
	uint64_t measured;
	uint64_t measured_ns;
	session_reference measured_for;
	/* The last pause, and the one before from the same line: their moments. */
	uint32_t pauses;
	uint64_t pause_line;
	uint64_t pause_locks; /* a sum of the locks that it took before the last one */
	uint64_t pause, pause_before;
	uint32_t pauses_in_all; /* since it forked last */
	/* Its last wait that a hook saw; its own switches of context, and when they were counted.
	 */
	uint64_t waited, counted;
	uint64_t switches;
	bool signalled; /* it has sent another thread a signal since it forked last */
};

static inline uint32_t section_bit(const void *lock)
{
	return (uint32_t)((uintptr_t)lock * 0x9e3779b97f4a7c15u >> 56);
}
_Static_assert(SECTION_BITS == 1 << (64 - 56), "section_bit() yields eight bits");

static inline void section_note_seen(struct section_notes *notes, const void *lock)
{
	notes->seen[section_bit(lock) / 64] |= UINT64_C(1) << section_bit(lock) % 64;
}

/* The thread came by the slow path with this lock since the last fork, or none has been. */
static inline bool section_is_seen(const struct section_notes *notes, const void *lock)
{
	if (held_slow_before == SLOT_GIVEN_BACK)
		return true;
	return notes->slow_before == held_slow_before &&
	       (notes->noted >= SECTIONS_A_FORK ||
		notes->seen[section_bit(lock) / 64] >> section_bit(lock) % 64 & 1);
}

enum thread_state {
	THREAD_FREE,
	THREAD_CREATING, /* pthread_create is under way: lives or not */
	THREAD_RUNNING,  /* lives as long as `life` says */
};

/* What a thread waits for in a call of libc's: an ownerless object, and for a condition variable
 * the mutex that goes with it. */
struct awaited {
	const void *object; /* NULL: it waits for nothing */
	const void *mutex;
};

struct thread {
	_Atomic uint32_t state;
	uint32_t crowded;                /* locks that found no place in `held` */
	struct held_table *_Atomic more; /* HELD_MORE tables, or NULL; stays with the block */
	uint32_t epoch; /* process.epoch when the block was claimed, or of the last fork survived */
	uint32_t born_in; /* serial of the process that created it */
	uint32_t serial;
	uint32_t creator;
	uint32_t flags;           /* enum thread_flag */
	kept_fact created_at;     /* a STACK */
	kept_fact created_python; /* a PYTHON */
	uint64_t start_ns;
	pthread_mutex_t life;
	pthread_t self;
	pid_t tid;        /* as of the last attach or fork; thread_tid() also tells the end */
	pid_t kernel_tid; /* where libc does not know it: in the child of a raw clone; else 0 */
	void *(*start)(void *);
	void *argument;
	int (*start_c11)(void *);
	uintptr_t stack_top; /* highest readable address; 0: unknown */
	uintptr_t stack_low; /* above this the stack can be read without asking */
	char name[SESSION_NAME_MAX];
	char python_name[SESSION_PYTHON_NAME];

	uintptr_t capture_sp;  /* of the last capture_stack() */
	uint64_t python_state; /* the interpreter's for this thread, as last seen; may be gone */

	/* In a process that inherits: the lock that it is at, with nothing said of it. From before
	 * the lock can be had until its slot is open. */
	const void *_Atomic asks;
	_Atomic uint32_t asks_begun; /* how often it was set */
	/* See struct awaited. */
	const void *_Atomic awaited_object;
	const void *_Atomic awaited_mutex;
	/* Of a thread that was lost at a fork (lost_use.c). */
	bool has_returned; /* from its start routine: its work was done */
	bool is_replaced;  /* `self` became the handle of a thread of this process */
	uint32_t used_in;  /* the process that used it, by functions (bits of enum lost_function) */
	uint32_t used_by;

	bool is_alone; /* it survived a fork, and `life` is not locked yet */
	uint32_t fork_depth;
	uint32_t shown_forking; /* serial of the process whose birth has this thread as forking */
	struct fork_state fork;
	/* What an interpreter did at its last fork, as it was captured with that stack pointer. */
	kept_fact forked_python;
	uintptr_t forked_sp;

	struct tried_lock tried; /* while it forks */

	struct thread_clock clock;
	struct section_notes sections;

	uint32_t regions_used; /* bits of `regions` that were ever entered */
	struct region_slot regions[REGIONS];

	struct held_table held;
	struct snapshot snapshots[SNAPSHOTS];
};

_Static_assert(sizeof(struct thread) <= ARCH_THREAD_BYTES, "the budget of a thread");

extern __thread struct thread *thread_self HIDDEN __attribute__((tls_model("initial-exec")));
/* The upper bits of a use of an object by the calling thread: its serial, and OBJECT_IN_CHILD;
 * 0: it was never met. */
extern __thread uint64_t thread_mark HIDDEN __attribute__((tls_model("initial-exec")));

/* This thread's block, made on the first call. NULL: no session or no memory. */
struct thread *thread_current(void);
/* The block that this thread already has, or NULL. */
struct thread *thread_known(void);

/* Opens or closes the fast path of the calling thread as the process' state allows. */
void thread_renew_fast(struct thread *thread);

/* Thread id as locks name it; 0 when it never ran, negative when it has ended. */
static inline pid_t thread_tid(const struct thread *thread)
{
	int word = __atomic_load_n(&thread->life.__data.__lock, __ATOMIC_ACQUIRE);

	return word & FUTEX_OWNER_DIED ? -1 : word & FUTEX_TID_MASK;
}

/* The same as the kernel names it. */
pid_t thread_kernel_tid(const struct thread *thread);

static inline struct awaited thread_awaited(const struct thread *thread)
{
	const void *object = atomic_load_explicit(&thread->awaited_object, memory_order_relaxed);

	return (struct awaited){object,
				atomic_load_explicit(&thread->awaited_mutex, memory_order_relaxed)};
}

/* A fork copies it at any instruction: a mutex is that of the object, or there is none of both. */
static inline void thread_await(struct thread *thread, const void *object, const void *mutex)
{
	atomic_store_explicit(&thread->awaited_object, NULL, memory_order_release);
	atomic_store_explicit(&thread->awaited_mutex, mutex, memory_order_release);
	atomic_store_explicit(&thread->awaited_object, object, memory_order_release);
}

/* Visits every block that was ever used: `visit` returns false to stop. */
void thread_each(bool (*visit)(struct thread *thread, void *data), void *data);

/* True for a thread of this process, now. */
bool thread_lives_here(const struct thread *thread);
/* True for one that has ended, and whose block nobody has taken yet. */
bool thread_ended_here(const struct thread *thread);
/* Gives the memory of such blocks back: every fork would look at them, and copy them. */
void thread_sweep(void);
/* True for a thread that an earlier fork left behind in the parent. */
bool thread_is_lost(const struct thread *thread);
/* True for one of a parent's that had ended before the fork, and whose block is still its own. */
bool thread_ended_before(const struct thread *thread);

/* The thread that survived a fork: new id, new epoch. Only in the child, at its start. */
void thread_in_child(struct thread *thread);
/* The same after a clone that libc does not know of: whatever id libc goes on with. */
void thread_in_raw_child(struct thread *thread);
/* The id that libc writes into locks of the calling thread. */
pid_t thread_id_in_locks(void);

/* Where a struct session_threads is, which lets the CLI find the blocks from the outside. Once
 * there is a first block. */
uint64_t thread_layout(void);

/* Number of creations so far: names the set of threads, together with endings. */
uint32_t thread_generation(void);

/* The THREAD record of a block (interned). 0 when the log is full. */
session_reference thread_record(struct thread *thread);
/* The same as a fact that is kept. */
kept_fact thread_keep(struct thread *thread);
session_reference thread_record_unseen(pid_t tid, uint32_t process_serial);

/* Makes the main thread's block. Called once, by the constructor. */
void thread_start_main(uintptr_t stack_top);

/*
 * Says who is told when thread_current() finds itself in a child that nobody has begun.
 * Called once, by the constructor, before any child can be.
 */
void thread_on_new_process(void (*tell)(struct thread *thread));

/* A block for a thread that is about to be created; NULL: there is no room (counted). */
struct thread *thread_claim(void);
/* It was not created after all. */
void thread_give_back(struct thread *thread);
/* First thing in it: the block is the calling thread's. Of the `stack_size` bytes below
 * `stack_top` the upper ones are read without asking. */
void thread_attach(struct thread *thread, uintptr_t stack_top, size_t stack_size);
/* Last thing in it: its start routine has returned. */
void thread_detach(struct thread *thread);
/* Where its creator does not say how large a stack is to be. */
size_t thread_default_stack_size(void);

/* Notes its name, cut to what the kernel keeps of it. */
void thread_name(struct thread *thread, const char *name);

#endif
