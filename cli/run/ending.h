/*
 * When a run is ended that does not end by itself: because forkcheck was asked
 * to end, because the program makes hanging processes again and again, or
 * because it stands still.
 */
#ifndef FORKCHECK_ENDING_H
#define FORKCHECK_ENDING_H

#include "commands/options.h"
#include "hung.h"
#include "launch.h"
#include "movement.h"

/* What becomes of the processes of a run that is ended. */
enum ending_way {
	ENDING_NONE,  /* it goes on */
	ENDING_KILL,  /* all of them are ended */
	ENDING_LEAVE, /* they are left alone, but for those that provably hang */
};

struct ending {
	const struct options *options;
	enum ending_way way;
	char *reason; /* a sentence for the report; NULL: it ends by itself */

	int signal;        /* that asked forkcheck to end; 0: none did */
	uint64_t asked_ns; /* when it did */
	uint64_t sent_ns;  /* the last that a process sent, */
	uint64_t typed_ns; /* and that a person typed */
	uint64_t files_ns; /* when to write the report as of then; 0: not */

	bool is_load_over; /* nobody gives the program its load any more */
	struct movement movement;
	bool has_acted; /* something was done to a process */
};

/* What an ending depends on, as of now. */
struct ending_view {
	uint64_t now;
	uint64_t births; /* of processes so far */
	bool has_ended;  /* the program */
	const struct hung_list *hung;
};

void ending_init(struct ending *ending, const struct options *options);
void ending_release(struct ending *ending);

/* A signal to forkcheck, that was passed on or that the program got as well; it may have a
 * handler for it. */
void ending_take_request(struct ending *ending, const struct launch_request *request,
			 bool is_caught, const struct hung_list *hung);

/* The command of --drive has ended, and the program is told to end as well. */
void ending_drive_over(struct ending *ending, uint64_t now);

/* A further run has taken far longer than the first one. */
void ending_overdue(struct ending *ending, uint64_t limit_ms);

/* A process was killed, or something else was done to it, for this finding. */
void ending_note_action(struct ending *ending, const struct hung_list *hung,
			const char *fingerprint);

/* Is it time to end the run? */
void ending_turn(struct ending *ending, const struct ending_view *view);

/* True once for a request: it came some time ago, and forkcheck may be killed next. */
bool ending_wants_files(struct ending *ending, uint64_t now);

#endif
