/*
 * The hooks of setitimer(), alarm() and ualarm() note when an interval timer will fire.
 * They are async-signal-safe.
 */
#include "base/real.h"
#include "record/private_facts.h"

EXPORT int setitimer(__itimer_which_t which, const struct itimerval *value, struct itimerval *old)
{
	int result;

	real_ensure();
	result = real.setitimer(which, value, old);
	if (result == 0 && value)
		facts_note_timer((int)which, value);
	return result;
}

EXPORT unsigned alarm(unsigned seconds)
{
	struct itimerval value = {.it_value.tv_sec = seconds};

	real_ensure();
	facts_note_timer(ITIMER_REAL, &value);
	return real.alarm(seconds);
}

EXPORT useconds_t ualarm(useconds_t value, useconds_t interval)
{
	struct itimerval timer = {.it_value.tv_usec = (suseconds_t)value,
				  .it_interval.tv_usec = (suseconds_t)interval};

	real_ensure();
	facts_note_timer(ITIMER_REAL, &timer);
	return real.ualarm(value, interval);
}
