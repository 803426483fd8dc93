/*
 * SIGNAL records say who sent a signal that ends a process, and which children signals ended.
 * Both are rare, and a program for which they are not keeps its log: there is a limit.
 */
#include "record/signals.h"
#include "base/process.h"
#include "log/log.h"
#include "record/python_frames.h"
#include "state/capture.h"
#include "state/thread.h"
#include <signal.h>

#define SIGNALS_MAX 64 /* of a process, of each sort */

static _Atomic uint32_t sent_count, ended_count;

static bool ends_processes(int signal)
{
	static const uint64_t others = UINT64_C(1) << SIGCHLD | UINT64_C(1) << SIGCONT |
				       UINT64_C(1) << SIGSTOP | UINT64_C(1) << SIGTSTP |
				       UINT64_C(1) << SIGTTIN | UINT64_C(1) << SIGTTOU |
				       UINT64_C(1) << SIGURG | UINT64_C(1) << SIGWINCH;

	return signal > 0 && signal < 32 && !(others >> signal & 1);
}

static bool has_room(_Atomic uint32_t *count)
{
	return process.active && atomic_load(count) < SIGNALS_MAX &&
	       atomic_fetch_add(count, 1) < SIGNALS_MAX;
}

static void append(const struct record_signal *facts)
{
	session_reference reference;
	struct record_signal *record = log_claim(sizeof(*record), &reference);

	if (!record)
		return;
	record->what = facts->what;
	record->pid = facts->pid;
	record->number = facts->number;
	record->stack = facts->stack;
	record->python = facts->python;
	log_commit(record, RECORD_SIGNAL);
}

COLD void signals_note_sent(pid_t pid, int signal)
{
	struct record_signal facts = {.what = SIGNAL_SENT, .pid = pid, .number = (uint32_t)signal};
	int saved = errno;
	struct thread *thread;

	if (ends_processes(signal) && pid > 0 && pid != process.pid && has_room(&sent_count)) {
		thread = thread_current();
		if (thread) {
			facts.stack = capture_stack(thread);
			facts.python = kept_reference(python_capture(thread, thread->capture_sp));
		}
		append(&facts);
	}
	errno = saved;
}

COLD void signals_note_ended(pid_t pid, int signal)
{
	struct record_signal facts = {.what = SIGNAL_ENDED, .pid = pid, .number = (uint32_t)signal};
	int saved = errno;

	if (has_room(&ended_count))
		append(&facts);
	errno = saved;
}
