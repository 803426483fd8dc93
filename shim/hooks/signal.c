/*
 * The hooks of sigaction() and the older names note which handlers a process has. They are
 * async-signal-safe.
 */
#include "base/real.h"
#include "record/crash.h"
#include "record/private_facts.h"
#include <signal.h>

EXPORT int sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
	uintptr_t handler = 0;
	bool is_plain = false;
	int result;

	real_ensure();
	if (action) {
		handler = (uintptr_t)action->sa_handler;
		is_plain = !(action->sa_flags & (SA_RESTART | SA_NODEFER));
	}
	result = real.sigaction(signal, action, old);
	if (old && result == 0)
		crash_hide(old);
	if (action && result == 0)
		facts_note_handler(signal, handler, is_plain);
	return result;
}

/* The older names. All take effect through the kernel's one table. */
#define SIGNAL_FUNCTION(name)                                                                      \
	sighandler_t name(int signal, sighandler_t handler);                                       \
	EXPORT sighandler_t name(int signal, sighandler_t handler)                                 \
	{                                                                                          \
		sighandler_t old;                                                                  \
                                                                                                   \
		real_ensure();                                                                     \
		old = real.name(signal, handler);                                                  \
		if (old != SIG_ERR)                                                                \
			facts_note_handler(signal, (uintptr_t)handler, false);                     \
		return crash_is_own(old) ? SIG_DFL : old;                                          \
	}

SIGNAL_FUNCTION(signal)
SIGNAL_FUNCTION(ssignal)
SIGNAL_FUNCTION(bsd_signal)
SIGNAL_FUNCTION(sysv_signal)
SIGNAL_FUNCTION(__sysv_signal)
