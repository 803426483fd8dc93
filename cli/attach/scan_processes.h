/*
 * Fork children that hang, among all processes of the machine, from /proc alone: nothing is
 * stopped, traced, or read of anybody's memory. Two looks a moment apart tell who rests.
 */
#ifndef FORKCHECK_SCAN_PROCESSES_H
#define FORKCHECK_SCAN_PROCESSES_H

#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum scan_verdict {
	SCAN_HUNG,      /* for good: it was attached to (scan_attach.h) */
	SCAN_SUSPECTED, /* lacks threads, and nothing but a thread of its own could wake it */
	SCAN_AT_REST,   /* the same call in both looks, and no reason to suspect it */
	SCAN_ACTIVE,    /* its first task was running, or has run between the looks */
	SCAN_UNKNOWN,
};
#define SCAN_VERDICTS (SCAN_UNKNOWN + 1)

/* Why it is unknown. */
enum scan_reason {
	SCAN_NO_REASON,
	SCAN_UNREADABLE,  /* what it waits in may not be read */
	SCAN_ORPHAN,      /* its parent is gone */
	SCAN_NO_PARENT,   /* its parent may not be read */
	SCAN_UNPROVEN,    /* the kernel does not tell a fork child from a program started anew */
	SCAN_HELD,        /* by a debugger, or by the freezer */
	SCAN_OTHER_CALLS, /* a 32-bit program, whose calls have other numbers */
	SCAN_MANY_TASKS,  /* not all of them were looked at */
};
#define SCAN_REASONS (SCAN_MANY_TASKS + 1)

/* What was seen of one that may be a fork child without exec. */
struct scan_evidence {
	bool is_readable, has_other_calls;
	bool has_moved;         /* it was running, or has run between the looks */
	bool waits_on_futex;    /* its first task, without a time limit, on a futex of its own */
	bool has_unseen;        /* not each of its tasks is in both looks */
	bool is_held;           /* by a debugger, or by the freezer */
	bool all_wait;          /* as the first one does */
	bool is_orphan;         /* its parent is gone, and with it what it could be compared with */
	bool has_unread_parent; /* it is there, and may not be read */
	size_t missing_count;   /* threads that its parent has, and that are older than it */
	bool is_copy;           /* of its parent's memory, which is proven */
	bool copy_is_told;      /* the kernel says of a copy that it is one */
};

/* Nothing is asked but what stands there. `reason` gets why it is unknown. */
enum scan_verdict scan_judge(const struct scan_evidence *evidence, enum scan_reason *reason);

/* Threads of one name. */
struct scan_thread {
	const char *name;
	size_t count;
};

struct scan_process {
	pid_t pid, parent; /* 0: gone */
	uid_t uid;
	const char *user;    /* NULL: it has no name */
	const char *program; /* the path of its executable */
	uint64_t age_ms;
	unsigned task_count;
	const struct scan_thread *missing; /* threads of the parent that it lacks */
	size_t missing_names;              /* how many stand there */
	size_t missing_count;              /* how many threads they are; 0, too, if not asked */
	long call;         /* the system call of its first task; negative: none, or unknown */
	const char *place; /* where in the kernel it sleeps; NULL: it is not said */
	enum scan_verdict verdict;
	enum scan_reason reason;
	/* Of one that was attached to and hangs: the finding, and what it says. Else NULL. */
	const char *code, *message;
};

struct scan {
	struct arena arena;
	size_t scanned;    /* processes, without those of the kernel and those that have ended */
	size_t unreadable; /* of them, whose files in /proc may not be read */
	bool is_hidden;    /* other users' processes are not in /proc at all */
	struct scan_process *processes; /* by their numbers */
	size_t count;
	size_t verdicts[SCAN_VERDICTS], reasons[SCAN_REASONS];
	uint64_t moment_ms;   /* when it began, of CLOCK_REALTIME */
	uint64_t rest_ms;     /* between the looks */
	uint64_t duration_ms; /* of all of it */
};

struct scan_filter {
	bool is_of_user;
	uid_t user;
	uint64_t older_than_ms;
};

/* 0, or -1 with errno where /proc cannot be read. To be released in both cases. */
int scan_processes(struct scan *scan, const struct scan_filter *filter);
void scan_release(struct scan *scan);

/* "suspected", "at rest", "active", "unknown" */
const char *scan_verdict_name(enum scan_verdict verdict);
/* What stands behind "unknown: ". */
const char *scan_reason_text(enum scan_reason reason);

/* The last part of the path of the executable. */
const char *scan_program_name(const struct scan_process *process);

/* "futex", or "system call 1234"; NULL: it is in none. */
const char *scan_call_text(struct arena *arena, const struct scan_process *process);

#endif
