/*
 * Starts the program with the shim, passes signals on, and takes its status.
 */
#ifndef FORKCHECK_LAUNCH_H
#define FORKCHECK_LAUNCH_H

#include "drive.h"
#include "session/session.h"
#include "shim/common/target.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct launched {
	pid_t pid;
	bool ended;
	int status;           /* as of waitpid(), once ended */
	bool has_children;    /* descendants that we were given, or the program, are left */
	int stopped_by;       /* the signal, where the program has stopped; 0: it has not */
	struct drive drive;   /* the command that gives it its load */
	bool is_held;         /* it was stopped for a debugger, and we are not to stop too */
	struct target target; /* what is known of the program's file */
};

/* The path of libforkcheck.so: beside this program or where it was installed.
 * malloc'ed. NULL after one line on stderr. */
char *launch_find_shim(void);

/*
 * From here on no signal ends forkcheck before it has cleaned up: what others
 * send is for the program, and remembered where there is none (any more).
 */
void launch_catch_signals(void);
/* The signal that asked us to stop while no program ran; 0: none. */
int launch_interrupted(void);
/* In a child of ours that becomes another program. */
void launch_restore_signals(void);
/* The session is about to go: nobody is told of news any more. */
void launch_forget(void);

/* A signal to forkcheck, while the program runs, that asks for an end. */
enum launch_origin {
	REQUEST_SENT,   /* by a process */
	REQUEST_TYPED,  /* at the terminal */
	REQUEST_HANGUP, /* the terminal is gone, as the kernel says */
};
struct launch_request {
	int signal;
	enum launch_origin origin;
	pid_t sender; /* 0: the kernel, or a process that has no number here */
	uint64_t at_ns;
};

/* Takes the next one. False: there is none. Those that whoever started us had ignored are
 * for the program alone. */
bool launch_next_request(struct launch_request *request);

/* A descendant whose parent ended becomes our child, and stays ours to watch. */
void launch_adopt_orphans(void);

/*
 * Starts `arguments` under the session. Returns 0, or the exit status for
 * forkcheck (126, 127, 125) after one line on stderr.
 */
int launch(struct launched *launched, char *const *arguments, const struct session *session,
	   const char *shim);

/* Takes all that ended since the last call. Never blocks. */
void launch_reap(struct launched *launched);

/*
 * Stops as the program is stopped, so that the shell whose job we are gets to
 * know it, and continues the program when we are continued. No terminal's stop
 * ends here otherwise: the program may have a handler for it.
 */
void launch_follow_stop(struct launched *launched);

/*
 * Waits for news of the session or of children, at most `milliseconds`. A
 * signal that ends a child is news, so nothing is missed between two calls.
 */
void launch_wait(const struct session *session, int milliseconds);

/* Ends this process as the program ended: same status, or the same signal
 * without a second core. Returns the exit status where there is one. */
int launch_exit_status(const struct launched *launched);
_Noreturn void launch_die_by(int signal);

#endif
