/*
 * One run of the program: from a session of its own to the report of it.
 */
#ifndef FORKCHECK_RUN_ONCE_H
#define FORKCHECK_RUN_ONCE_H

#include "findings/suppressions.h"
#include "options.h"
#include "run/ending.h"
#include "run/launch.h"
#include "run/live.h"
#include "run/run_records.h"
#include "session/session.h"
#include "watch/watch.h"

struct run {
	/* Set by the caller, and kept by it. */
	const struct options *options;
	const char *shim;
	struct suppressions *suppressions;
	uint64_t limit_ms; /* all is ended then; 0: never */
	FILE *live_stream; /* for what is said while it goes on; NULL: nothing is */
	/* The report so far is to be written: forkcheck may be killed next. */
	void (*so_far)(struct run *run, struct report *report, void *data);
	void *data;

	struct session session;
	struct reader reader;
	struct writer writer;
	struct model model;
	struct watch watch;
	struct launched launched;
	struct run_log log;
	struct live live;
	struct ending ending;
	bool was_asked;     /* by somebody else to end, whatever the program did with it */
	bool is_driven_out; /* the command of --drive has ended, and it was sent SIGTERM for that */
};

/* Makes the session. Returns 0, or -1 after one line on stderr. */
int run_open(struct run *run);

/*
 * Starts the program and follows it to its end. Returns 0, or the exit status for forkcheck where
 * it could not be started, after one line on stderr.
 */
int run_program(struct run *run);

/* Since it began. */
uint64_t run_duration_ms(const struct run *run);

/* After that: what the rules find. The report is the arena's. */
void run_judge(struct run *run, struct arena *arena, struct report *report);

/* Ends whoever is left of it. */
void run_end_rest(struct run *run);

/* Gives the session up; what was said live stays known until run_release(). */
void run_close(struct run *run);
void run_release(struct run *run);

#endif
