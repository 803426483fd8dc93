/*
 * What a rule says and what a renderer shows: plain data, nothing to compute.
 *
 * Strings and lists belong to the report's arena. A pointer that is NULL, a
 * number that is -1 (pids, tids) or a list with count 0 is unknown; a part
 * whose `present` is false does not apply and is left out of a report.
 */
#ifndef FORKCHECK_FINDING_H
#define FORKCHECK_FINDING_H

#include "unwind/frame.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

enum certainty {
	CERTAINTY_PROVEN,    /* nothing can make it untrue */
	CERTAINTY_OBSERVED,  /* it happened in this run */
	CERTAINTY_CONFIRMED, /* predicted, then made to happen */
	CERTAINTY_PREDICTED, /* one schedule away */
	CERTAINTY_WITHDRAWN, /* was predicted, and the child was seen to come away from it */
	CERTAINTY_SUSPECTED, /* fits what was seen; something else might too */
};

struct fork_part {
	bool present;
	int pid; /* the parent's */
	int child_pid;
	const char *program;  /* path of the parent's program */
	const char *function; /* "fork"; NULL: unknown */
	bool no_handlers;     /* a way to fork that runs no atfork handlers and repairs nothing */
	bool is_outside;      /* nothing was seen of it: the child was found in /proc */
	uint64_t serial;      /* n-th distinct fork of the session, for "fork #3"; 0: unknown */
	int tid;
	const char *thread_name;
	const char *python_name; /* of the threading.Thread; NULL: none, or unknown */
	uint32_t thread_serial;  /* ids come again, this does not; 0: unknown */
	bool is_by_same_thread;  /* last_fork: by the thread of `fork`, which lived on in a child */
	struct frames stack;
};

struct lock_part {
	bool present;
	const char *kind;       /* "mutex" */
	const char *name;       /* symbol, else NULL */
	uint64_t alike;         /* further parts of the same object that the finding is about */
	const char *attributes; /* "normal, private" */
	const char *module;     /* that the symbol is in */
	uint64_t offset;        /* from the module's load bias */
	uint64_t address;
	const char *place; /* the memory that it is in: "on the heap"; NULL: unknown */
	const char *user;  /* the function that waits for it, of whoever it belongs to; NULL:
			    * unknown,  or its name says enough */
	struct frames initialised_at;
};

struct holder_part {
	bool present;
	int tid;
	const char *name;
	const char *python_name; /* of the threading.Thread; NULL: none, or unknown */
	const char *start_routine;
	const char *library; /* file name of the library that created it for itself */
	const char *creator_name;
	int creator_tid;
	uint32_t creator_serial; /* as fork_part.thread_serial */
	struct frames created_at;
	struct frames acquired_at;
	/* Of a process that was attached to: where the thread is now, in the parent. */
	struct frames stands_at;
	double held_ms;    /* negative: unknown */
	bool held_at_most; /* the time is an upper bound, from a clock with steps of some 10 ms */
	bool is_forker;    /* the thread that forked: it lives on in the child under another id */
	bool taken_by_handler;
	bool in_window;     /* it was just taking the lock, or giving it back */
	bool python_took;   /* its Python frames are those of the acquisition, not of the fork */
	const char *inside; /* the function of libc that stands for the lock; else NULL */
	/* It had the lock next to the fork: "before this fork and after it". NULL: at the fork. */
	const char *used;
};

struct child_part {
	bool present;
	int pid;
	int tid;
	const char *waiting_in; /* the function it is stuck in */
	struct frames stack;
	double after_ms;  /* from the fork to the wait; negative: unknown */
	bool gave_up;     /* the wait has ended, without what was waited for */
	const char *deed; /* "drew": it does not wait; NULL: it does */
};

/* What the parent did after the fork, where that matters. */
struct parent_part {
	bool present;
	bool is_sibling; /* it is no parent, but another child */
	int pid;
	int tid;
	const char *deed;
	struct frames stack;
};

/* The end of a process that had in hand what others wait for. */
struct ending_part {
	bool present; /* a signal is known */
	int pid;      /* who has ended */
	const char *signal;
	bool is_seen; /* that the signal ended it; else it was sent, and the process has ended */
	bool is_by_forkcheck; /* which killed it, or the like */
	int sender_pid;       /* -1: unknown */
	struct frames stack;  /* of the sender */
};

/* State that parent and child have both used, though it was meant to be used once. */
struct copied_part {
	bool present;
	const char *what; /* "stdout", "random" */
	int descriptor;   /* -1: it has none */
	uint64_t bytes;   /* of output */
};

/* What a descriptor leads to that two processes have used. */
struct shared_part {
	bool present;
	const char *what;    /* "connection", "epoll set", "timer", "io_uring" */
	const char *peer;    /* "127.0.0.1:5432"; NULL: unknown, or it has none */
	const char *made_by; /* "connected", "made" */
	int descriptor;
	struct frames made_at; /* none: unknown */
};

/* An atfork handler that the finding is about. */
struct handler_part {
	bool present;
	const char *function;
	const char *library; /* file name */
};

/* Who used a lock that has no owner, and where. */
struct use_part {
	bool present;
	const char *verb; /* "posted" */
	int tid;          /* -1: the thread is not known */
	const char *thread_name;
	const char *python_name; /* of the threading.Thread; NULL: none, or unknown */
	bool is_forker;          /* the thread that forked, before or in the child */
	bool in_child;           /* after the fork, in the child itself */
	const char *library;     /* file name; whose thread it was */
	struct frames stack;     /* the call itself only */
};

/* A cure that can be copied. `advice` says all of it in one paragraph. */
struct remedy_part {
	bool present;
	const char *id;             /* of the row that it is from: "mutex-lost"; stable */
	const char *also;           /* of the row that the remark is from; NULL: of none */
	const char *facility;       /* what it is for: "multiprocessing.Pool" */
	const char *cure;           /* what to do */
	const char *line;           /* to be copied; NULL: there is none */
	const char *caveat;         /* what would make that fail at first; NULL: nothing is known */
	const char *remark;         /* what else to know; NULL: nothing */
	const char *library_cure;   /* what the library says that is concerned; NULL: nothing */
	const char *library_source; /* where it is documented */
};

/* A place in source that a reader looks at first. */
struct headline_place {
	const struct frame *frame; /* the user's own where there is one; NULL: none is known */
	/* The function that it called, of a package or of a language's library; NULL: none. */
	const struct frame *inside;
};

struct missing_group {
	const char *library;
	size_t count;
	const char **names; /* name_count distinct ones */
	size_t name_count;
	struct frames created_at;
	/* Of a process that was attached to: where the first of them is now, in the parent. */
	struct frames stands_at;
	struct headline_place place; /* that stands for created_at */
	const struct origin *origin; /* of the package that made them; NULL: none is known */
	/* Of created_at: the innermost frame of the library that is not in a runtime, or of an
	 * interpreter's threads the innermost such frame of all. Its origin says whose they are.
	 * NULL: unknown. */
	const struct frame *starter;
	bool is_python; /* the library is an interpreter, which starts threads for others */
};

struct cycle_edge {
	int pid;
	int waits_for;
	const char *via; /* what it waits for, in words */
	int tid;
	const char *waiting_in; /* the function it is stuck in */
	struct frames stack;
};

/* A thread that has what another one waits for in fork(), and where it stands itself. */
struct blocked_part {
	int tid;
	const char *name;
	const char *python_name; /* of the threading.Thread; NULL: none, or unknown */
	const char *waits_for;   /* in words; NULL: it is not known, or nothing */
	int held_by;             /* tid of the thread that has that; -1: not known */
	bool held_by_handler;    /* which took it in an atfork handler */
	const char *waiting_in;  /* the function that it is in */
	struct frames stack;
	struct frames acquired_at; /* where the other thread took what this one waits for */
};

/* An estimate of how many forks strike, of what did not happen in this run. */
struct risk_part {
	double share;    /* of all forks; not above 0: unknown */
	uint64_t forks;  /* that it comes from */
	bool is_counted; /* from what was held at these forks; else from how long it is held */
};

/* A lock of several that one finding is about. */
struct predicted_lock {
	struct predicted_lock *next; /* the most severe come first, then by their names */
	enum severity severity;
	const char *kind;
	const char *name;  /* symbol; NULL: none */
	const char *user;  /* the function that takes it in the child; NULL: unknown */
	uint64_t alike;    /* further ones without a name that are taken there */
	uint64_t address;  /* 0: unknown */
	const char *order; /* what keeps the lost thread away from the fork: "free", "perhaps" */
	struct risk_part risk;
};

/* What further runs, in which the schedule was forced, have shown of a prediction. */
struct confirmation_part {
	bool present;
	unsigned tries;       /* runs */
	uint64_t reached;     /* forks at which a lost thread was kept in the section */
	const char *result;   /* "confirmed", "withdrawn", "predicted" */
	const char *evidence; /* one sentence */
};

/* One line of a headline: `held by T2 "logger", since log.c:28 log_write`. */
struct headline_row {
	const char *role;   /* "held by"; NULL: there is no such line */
	const char *before; /* in words, what stands before the place; NULL: nothing */
	struct headline_place place;
	const char *after; /* and behind it; NULL: nothing */
};

/* The few lines that say what to change, and where. */
struct headline_part {
	struct headline_row waits, forked;
	struct headline_row *who; /* held it, is missing, is in the ring, and so on */
	size_t who_count;
	const char *cure; /* the first sentence of it; NULL: none is known */
	const char *rest; /* of the advice, where the cure is not all of it; NULL: nothing */
};

/* A file of sessions that a finding was seen in, where several were merged. */
struct sighting {
	struct sighting *next;
	const char *session; /* the name of the file */
	uint64_t count;
};

struct finding {
	const char *code; /* "FC001" */
	const char *name; /* "orphaned-lock" */
	enum severity severity;
	enum certainty certainty;
	const char *message; /* one sentence */
	const char *why;     /* one or two sentences: the mechanism */
	const char *advice;  /* the cure */
	struct remedy_part remedy;
	const char *start_method; /* of Python's: "fork"; NULL: none, or unknown */
	const char *fingerprint;  /* without addresses, stable between runs */
	const char *suppression;  /* a line for a suppressions file */
	uint64_t count;
	bool suppressed;
	bool is_known;              /* it stands in the baseline */
	const char *action;         /* what was done: "killed"; NULL: nothing */
	struct fork_part fork;      /* the one that is to blame: it left behind what is missed */
	struct fork_part last_fork; /* the child's own, where that is a later one */
	uint64_t forks_between;     /* the two */
	struct lock_part lock;
	struct holder_part holder;
	struct parent_part parent;
	struct ending_part ending; /* of the holder's process */
	struct copied_part copied;
	struct shared_part shared;
	struct child_part child; /* for a hang in fork(): the process itself */
	struct handler_part handler;
	struct use_part gave, took; /* who used the lock last */
	struct missing_group *missing;
	size_t missing_count;
	struct cycle_edge *cycle;
	size_t cycle_count;
	/* Of a fork() that does not return: who has what it waits for, and so on. */
	struct blocked_part *blocked;
	size_t blocked_count;
	struct predicted_lock *locks; /* that might be found locked; `lock` is one of them */
	struct risk_part risk;        /* of all of them */
	const char *package;          /* whose code takes them; NULL: the user's own, or unknown */
	struct confirmation_part confirmation;
	struct headline_part headline; /* of all this, what to read first */
	struct sighting *seen;         /* NULL: sessions were not merged */
	const struct arena *arena;     /* that has its parts; only while sessions are merged */
};

/* A row of the fork-safety table. */
struct library {
	const char *path;
	const struct origin *origin; /* NULL: nobody has asked */
	uint64_t threads_created;
	uint64_t locks_used;
	uint64_t atfork_handlers;
	uint64_t prepare_handlers, parent_handlers, child_handlers; /* that these have */
	uint64_t errors;
	uint64_t warnings;
};

/* A place that forked, whether or not a finding is about it. */
struct fork_site {
	const char *program;       /* path of the parent's; NULL: unknown */
	const char *function;      /* "fork"; NULL: unknown */
	const struct frame *frame; /* that stands for the stack; NULL: unknown */
	uint64_t count;            /* forks */
};

/* A row of --summary=libraries: a package, or a library or a source file that is in none. */
struct fork_safety {
	const char *name;    /* "polars", "libgomp.so.1" */
	const char *version; /* NULL: unknown, or it is no package */
	const char **files;  /* paths of its ELF files that did something */
	size_t file_count;
	uint64_t threads_started;
	uint64_t threads_at_forks; /* alive at the fork without exec that had most of them */
	uint64_t threads_here;     /* at the fork that is being counted */
	uint64_t locks_used;       /* as of struct library */
	uint64_t locks_held;       /* at forks without exec */
	uint64_t prepare_handlers, parent_handlers, child_handlers;
	uint64_t errors, warnings; /* findings that name it */
	const char **codes;        /* theirs, each once */
	size_t code_count;
};

struct unobserved {
	int pid;
	const char *path;
	const char *reason;
};

/* A process that outlived the program. */
struct left_running {
	int pid;
	const char *path; /* NULL: unknown */
};

/* A task of a process that was attached to. */
struct attached_task {
	int tid;
	const char *name;       /* NULL: unknown */
	const char *waiting_in; /* the function; NULL: unknown, or it waits for nothing */
	const char *call;       /* in words, what it is in: "futex, untimed"; NULL: it runs */
	bool is_timed;          /* it waits with a time limit */
	bool is_partial;        /* it was not held: the stack may lack frames */
	struct frames stack;
};

enum attached_verdict {
	VERDICT_NOT_HUNG,
	VERDICT_SUSPECTED,
	VERDICT_HUNG,    /* for good */
	VERDICT_UNKNOWN, /* it could not be looked at, or somebody keeps it from going on */
};

/* A process that was attached to. */
struct attached {
	int pid;
	int parent_pid;      /* -1: unknown */
	const char *program; /* path; NULL: unknown */
	const char *state;   /* "stands still" */
	enum attached_verdict verdict;
	const char *code;   /* of the finding that says why; NULL: none */
	bool is_known;      /* and that is suppressed, or in the baseline */
	const char *reason; /* why there is none, or why it could not be looked at */
	bool was_refused;   /* it could not be looked at */
	bool was_asked;     /* its number was given; else it belongs to the tree of one */
	bool is_copy;       /* of its living parent, without an exec since */
	bool has_lost_parent;
	uint64_t missing_threads; /* that were left behind at its fork */
	double age_ms;            /* negative: unknown */
	const struct attached_task *tasks;
	size_t task_count;
};

struct report {
	/* run */
	char *const *command;
	int exit_status; /* -1: ended by a signal */
	int signal;      /* 0: none */
	double duration_ms;
	bool observed;
	bool complete;
	const char *incomplete_reason; /* where complete is false */
	const char *ended;             /* why forkcheck ended the run; NULL: it did not */
	const struct unobserved *unobserved;
	size_t unobserved_count;
	const struct left_running *left_running;
	size_t left_running_count;
	uint64_t unobserved_more; /* that the log did not list */
	unsigned confirm_runs;    /* further ones, with another schedule */
	/* summary */
	uint64_t forks;
	uint64_t processes;
	uint64_t threads;
	uint64_t events_lost;
	uint64_t sections_unjudged; /* next to forks, beyond what a process writes of them */
	/* findings, most severe first */
	struct finding *findings;
	size_t finding_count;
	const struct library *libraries;
	size_t library_count;
	const struct fork_site *fork_sites; /* none where no document asks for them */
	size_t fork_site_count;
	bool wants_safety;          /* the table below is asked for */
	struct fork_safety *safety; /* the worst first */
	size_t safety_count;
	uint64_t safety_forks; /* without exec, that left threads behind */
	bool show_notes;
	bool has_baseline; /* findings that stand in it are known */
	bool has_status;   /* forkcheck's own exit status is known by now */
	int status;
	/* Of several files of sessions, merged. */
	size_t session_count; /* all that were named; 0: they were not merged */
	const char *const *unread_sessions;
	size_t unread_count;
	/* Of forkcheck attach: the processes, parents before children. */
	const struct attached *attached;
	size_t attached_count;
};

/* What makes a run fail: the least severity, or errors that happened, or nothing. */
struct fail_limit {
	enum severity severity;
	bool only_proven; /* not on what was only predicted or suspected */
	bool never;
};

/* It is neither suppressed nor in the baseline. */
bool finding_counts(const struct finding *finding);
/* It counts, and is no note unless notes are to be shown. */
bool finding_is_shown(const struct report *report, const struct finding *finding);
bool finding_fails(const struct finding *finding, const struct fail_limit *limit);
/* It is an error, or its child still waits for what it tells of. */
bool finding_tells_of_wait(const struct finding *finding);

/* Number of findings of a severity that count. */
size_t report_count(const struct report *report, enum severity severity);
size_t report_count_suppressed(const struct report *report);
/* Those that are in the baseline, and not suppressed. */
size_t report_count_known(const struct report *report);
const char *severity_name(enum severity severity);
const char *certainty_name(enum certainty certainty);

#endif
