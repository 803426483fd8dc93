/*
 * When a run is to end is decided here; nothing is ended. Who asks forkcheck to end (timeout,
 * a CI runner, a container's init) mostly kills next, and the report must be there by then.
 */
#include "ending.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_NS 1000000u
/* The program's, from the signal to the end of the run. */
#define GRACE_NS (10000ull * MS_NS)
/* Until the report is written to files. */
#define FILES_NS (2000ull * MS_NS)
/* timeout(1) sends to its child and to the group, a shell and the kernel say both that the
 * terminal is gone: one request. */
#define TOGETHER_NS (500ull * MS_NS)
/* Two of these are no editing of a line. */
#define TYPED_NS (2000ull * MS_NS)

void ending_init(struct ending *ending, const struct options *options)
{
	*ending = (struct ending){.options = options};
}

void ending_release(struct ending *ending)
{
	movement_release(&ending->movement);
	free(ending->reason);
	ending->reason = NULL;
}

static void ending_end(struct ending *ending, enum ending_way way, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void ending_end(struct ending *ending, enum ending_way way, const char *format, ...)
{
	va_list arguments;

	if (ending->way != ENDING_NONE)
		return;
	ending->way = way;
	va_start(arguments, format);
	if (vasprintf(&ending->reason, format, arguments) < 0)
		ending->reason = NULL;
	va_end(arguments);
}

/* "SIGTERM"; those that ask for an end are all known by name. */
static const char *signal_name(int signal)
{
	switch (signal) {
	case SIGHUP:
		return "SIGHUP";
	case SIGINT:
		return "SIGINT";
	case SIGQUIT:
		return "SIGQUIT";
	default:
		return "SIGTERM";
	}
}

static void end_after_second(struct ending *ending, const struct launch_request *request)
{
	ending_end(ending, ENDING_LEAVE, "forkcheck was asked to end a second time, by %s",
		   signal_name(request->signal));
}

static void start_clock(struct ending *ending, const struct launch_request *request)
{
	if (ending->asked_ns)
		return;
	ending->asked_ns = request->at_ns;
	ending->signal = request->signal;
}

static void want_files(struct ending *ending, const struct launch_request *request)
{
	if (!ending->files_ns)
		ending->files_ns = request->at_ns + FILES_NS;
}

/* A server reads its configuration again at SIGHUP, an interpreter lives on after SIGINT, a
 * JVM shows its threads at SIGQUIT: where nothing is wrong, only SIGTERM means an end
 * whatever the program does with it. */
static bool may_be_routine(const struct launch_request *request, bool is_caught)
{
	return is_caught && request->signal != SIGTERM && request->origin == REQUEST_SENT;
}

static void take_sent(struct ending *ending, const struct launch_request *request, bool is_routine)
{
	bool is_another = request->at_ns - ending->sent_ns >= TOGETHER_NS;

	ending->sent_ns = request->at_ns;
	want_files(ending, request);
	if (is_routine)
		return;
	if (ending->asked_ns && is_another)
		end_after_second(ending, request);
	start_clock(ending, request);
}

/* A shell or an interpreter lives on after Ctrl-C: it ends nothing where nothing is wrong. */
static void take_typed(struct ending *ending, const struct launch_request *request,
		       const struct hung_list *hung)
{
	bool is_again = ending->typed_ns && request->at_ns - ending->typed_ns < TYPED_NS;

	ending->typed_ns = request->at_ns;
	if (!hung->count)
		return;
	want_files(ending, request);
	start_clock(ending, request);
	if (is_again)
		end_after_second(ending, request);
}

void ending_take_request(struct ending *ending, const struct launch_request *request,
			 bool is_caught, const struct hung_list *hung)
{
	if (request->origin == REQUEST_TYPED)
		take_typed(ending, request, hung);
	else
		take_sent(ending, request, !hung->count && may_be_routine(request, is_caught));
}

void ending_drive_over(struct ending *ending, uint64_t now)
{
	ending->is_load_over = true;
	if (!ending->asked_ns)
		ending->asked_ns = now;
}

void ending_overdue(struct ending *ending, uint64_t limit_ms)
{
	ending_end(ending, ENDING_KILL, "a further run has not ended in %g s",
		   (double)limit_ms / 1000);
}

void ending_note_action(struct ending *ending, const struct hung_list *hung,
			const char *fingerprint)
{
	unsigned count = fingerprint ? hung_count_acted(hung, fingerprint) : 0;

	ending->has_acted = true;
	if (ending->options->on_deadlock == DEADLOCK_END_RUN)
		ending_end(ending, ENDING_KILL, "a process hangs (--on-deadlock=end-run)");
	else if (ending->options->on_deadlock != DEADLOCK_STOP && ending->options->max_kills &&
		 count >= ending->options->max_kills)
		ending_end(ending, ENDING_KILL, "%u %s for %s%s (--max-kills)", count,
			   count == 1 ? "kill" : "kills", fingerprint,
			   count == 1 ? ""
				      : ": the program makes the same process again and again");
}

/* With these the user has said that nothing is to be done to the run. */
static bool must_wait(const struct options *options)
{
	return options->on_deadlock == DEADLOCK_WAIT || options->on_deadlock == DEADLOCK_STOP;
}

static void check_movement(struct ending *ending, const struct ending_view *view)
{
	uint64_t limit_ms = ending->options->end_after_ms;

	if (!limit_ms || must_wait(ending->options) ||
	    !(ending->has_acted || hung_has_error(view->hung)))
		return;
	/* That the program has ended is movement as well: it is no descendant any more. */
	if (movement_still_ns(&ending->movement, view->hung, view->births, view->now) / MS_NS <
	    limit_ms)
		return;
	ending_end(ending, ENDING_KILL, "nothing in it has moved for %g s, %s (--end-after)",
		   (double)limit_ms / 1000,
		   ending->has_acted ? "since a process was killed that hung"
				     : "and a process hangs");
}

void ending_turn(struct ending *ending, const struct ending_view *view)
{
	check_movement(ending, view);
	if (!ending->asked_ns || view->now < ending->asked_ns + GRACE_NS)
		return;
	if (ending->is_load_over && !ending->signal)
		ending_end(ending, ENDING_KILL, "%s 10 s after the command of --drive",
			   view->has_ended ? "processes that outlived the program still ran"
					   : "the program has not ended");
	else
		ending_end(ending, ENDING_LEAVE,
			   view->has_ended
				   ? "processes that outlived the program still ran 10 s after %s"
				   : "the program has not ended in 10 s after %s",
			   signal_name(ending->signal));
}

bool ending_wants_files(struct ending *ending, uint64_t now)
{
	if (!ending->files_ns || now < ending->files_ns)
		return false;
	ending->files_ns = 0;
	return true;
}
