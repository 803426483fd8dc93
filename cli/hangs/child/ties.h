/*
 * What ties a wait to threads that were lost at a fork. That nobody is seen who could end a
 * wait proves little: a client may come later. So a hang needs evidence.
 */
#ifndef FORKCHECK_WATCH_TIES_H
#define FORKCHECK_WATCH_TIES_H

#include "waits.h"

/* A descriptor that a task waits for. */
struct descriptor_tie {
	uint32_t kind; /* enum lock_kind; 0: it waits for no descriptor */
	int number;
	bool is_of_parent; /* it waits by a set of epoll that its parent made */
	/* The last write, by a lost thread, as in struct session_object. 0: others have written to
	 * it, or nobody has: then it says something only where nobody else can. */
	uint64_t gave;
};

struct tie {
	enum hang_evidence evidence;
	/* No threads that were lost have a part in it: its own threads use the thing. */
	bool is_own;
	/* Of EVIDENCE_LIBRARY: no library's, only the program's own code is on the stack. */
	bool is_by_program;
	/* The same of Python's: a package that started lost threads waits. */
	bool is_by_package;
	/* It waits by a set of epoll that connections are in, too: any peer may send something. */
	bool is_by_set;
	session_reference wait; /* of EVIDENCE_HOLDER: the WAIT record; 0: there is none */
	session_reference held; /* the HELD record, where it asked before it was a child */
	struct descriptor_tie descriptor;
};

/* What a process is asked about once for all of its tasks. */
struct tie_search {
	struct model *model;
	const struct process_facts *process;
	pid_t pid;
	const struct process_look *look;
	struct session_object *objects;
	struct private_facts facts;
	bool has_facts;
	uint64_t interpreter; /* an address in CPython's data; 0: there is none */
};

/* ties_release() in any case. */
void ties_open(struct tie_search *search, struct model *model, const struct process_facts *process,
	       pid_t pid, const struct process_look *look);
void ties_release(struct tie_search *search);

/* The WAIT record with which a task asked for a lock that a lost thread has, if it has not come
 * back from that; else 0. `pid` and `tid` are the numbers here. */
session_reference ties_open_wait(const struct model *model, const struct process_facts *process,
				 pid_t pid, pid_t tid);

/* For a task that waits, with what is known of its stack. */
struct tie ties_find(const struct tie_search *search, const struct task_look *task,
		     const struct wait_facts *facts);

/* Has a task that waits given lost threads work, or is code of their library on its stack? */
struct tie ties_to_work(const struct tie_search *search, const struct task_look *task,
			const struct wait_facts *facts);

/* The same of the program's own code, which is on every stack. */
struct tie ties_to_program(const struct tie_search *search, const struct wait_facts *facts);

/*
 * Has a task that waits given work to a lost thread that was made by code of the library that it
 * waits in, through whatever makes threads for it? An interpreter's code is any thread's.
 */
bool ties_gave_to_library(const struct tie_search *search, const struct task_look *task,
			  const struct wait_facts *facts);
/* Was any lost thread made by code of the library that it waits in? */
bool ties_waits_in_library(const struct tie_search *search, const struct wait_facts *facts);

/* The serial of the thread that forked: the child's first one. 0: not known. */
uint32_t ties_forker(const struct tie_search *search);

/* It waits in code of a library, or of a Python package, that lost threads belonged to: the
 * program's own is none. */
bool ties_is_in_lost_code(const struct tie_search *search, const struct wait_facts *facts);

/*
 * Might this task, which is not stuck, do what the lost threads did? True where code of the
 * libraries that they belonged to is on its stack, or it runs. A package's work any thread
 * may do that the interpreter runs.
 */
bool ties_may_serve(const struct tie_search *search, const struct task_look *task,
		    const struct tie *tie);

/* The innermost library on the stack that lost threads belonged to; NULL: none but the program. */
const char *ties_lost_library(const struct tie_search *search, const struct wait_facts *facts);
/* Is code of a library on the stack of a task, for all that is known? */
bool ties_may_be_in(const struct tie_search *search, const struct task_look *task,
		    const char *library);

/* It waits for the end of a thread that its process does not have. */
bool ties_joins_lost(const struct tie_search *search, const struct task_look *task);
/* It waits for the end of one of its own: what it joins by is that one's id. */
bool ties_joins_own(const struct tie_search *search, const struct task_look *task,
		    const struct wait_facts *facts);

/* Does a waiting task wait for a mutex of glibc's that this one has? */
bool ties_is_owner(const struct tie_search *search, const struct task_look *waiter, pid_t tid);

#endif
