/* What a case program must get, and the judgement of a run by it. */
#ifndef CASES_VERDICT_H
#define CASES_VERDICT_H

#include <stdbool.h>

#define ANY (-1)

enum verdict {
	CLEAN,      /* no error, no warning */
	NOT_GUILTY, /* no error; what else may be said depends on timing */
	WARNED,     /* one warning and no error: FC005, a lock held and left alone */
	SUSPECTED,  /* one warning and no error: FC002, perhaps a hang */
	MISUSED,    /* one error, observed: FC007, a handler that does wrong to a lock */
	FEARED,     /* one error, suspected: FC002, only lost threads ever posted what it awaits */
	PREDICTED,  /* one error, predicted: FC004, a lock that may be held at the fork */
	IMAGINED,   /* one warning, predicted: FC004, the same where something may forbid it */
	STUCK,      /* one warning, proven: FC017, of a process that was attached to */
	GUILTY,     /* one error, proven: FC001, a lock whose holder does not exist in the child */
};

struct program_case {
	const char *command; /* the program and its arguments */
	const char *options; /* of forkcheck, besides the report's */
	const char *within;  /* a command that runs forkcheck */
	enum verdict verdict;
	const char *code; /* if not the verdict's own */
	const char *lock;
	const char *kind;          /* of the lock, if it is no mutex */
	const char *place;         /* what memory it is in, where it has no name */
	const char *attributes;    /* of the lock */
	const char *user;          /* the function that waits for it, where it has no name */
	const char *holder;        /* the thread's name */
	const char *creator;       /* of the holder: its name; "forker": the thread that forked */
	const char *start_routine; /* of the holder */
	const char *inside;        /* the function of libc that the holder was inside */
	/* Stacks: see expect_stack(). */
	const char *fork;
	const char *last_fork;
	bool is_own_fork; /* there must be no last fork beside it */
	int forks_between;
	const char *function; /* fork.function */
	const char *acquired;
	const char *child;
	const char *parent;  /* what it did after the fork */
	const char *sender;  /* of the signal that ended the holder's process */
	const char *created; /* the holder, or the missing threads of `missing` */
	const char *initialised;
	/* The same for what Python ran there; `python_created` as `created`. */
	const char *python_fork;
	const char *python_last_fork;
	const char *python_holder;
	const char *python_child;
	const char *python_created;
	const char *python_sender;   /* of the signal that ended the holder's process */
	const char *via;             /* words about what the child waits for in a ring */
	const char *python_awaiting; /* the child's edge of a ring */
	const char *python_awaited;  /* of the process of a ring that the child waits for */
	/* The lines to read first, one frame each: where it waits and was forked, and who else. */
	const char *headline_waits, *headline_forked, *headline_who;
	const char *python_problem; /* words about why the child has no Python frames */
	const char *python_name;    /* of the holder, or one of the missing threads */
	const char *start_method;   /* of Python's */
	const char *cure;           /* words in the advice */
	/* Where the marks are, if not in the program's own source. */
	const char *sources;
	/* What the child waits in, and for whose threads. */
	const char *waiting_in;
	const char *missing;
	int missing_count;           /* 0: not asked */
	const char *missing_unknown; /* the name of one of which no library is known */
	const char *missing_first;   /* the name of a thread of the first group of all */
	/* Who used it last, where it has no owner: one frame each. */
	const char *gave, *took;
	/* The atfork handler that hangs. */
	const char *handler;
	const char *handler_library;
	/* Who has what a fork() waits for: what that one waits for, in words, and where it stands;
	 * where the last one of the chain stands. */
	const char *blocked_on, *blocked, *blocked_last;
	const char *used;    /* when the holder had the lock, of a prediction */
	const char *package; /* whose code takes it in the child, of a prediction */
	const char *row;     /* the name of one of its locks */
	const char *action;  /* what was done to the process */
	const char *says;    /* words in the message or in the explanation */
	/* Other locks were held at the fork, too, and each has a warning: a hang has none beside
	 * it. */
	bool other_locks;
	int program_status; /* the program's own, where the verdict does not tell */
};

/* Runs the case; fails the test where anything is not as expected. */
void run_program_case(const struct program_case *expected);

#endif
