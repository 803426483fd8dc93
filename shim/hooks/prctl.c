/*
 * The hook of prctl() notes the calling thread's name, and what the process gives up:
 * system calls by a seccomp filter, the time stamp counter.
 */
#include "base/process.h"
#include "base/real.h"
#include "record/crash.h"
#include "state/thread.h"
#include <linux/prctl.h>

/* Variadic in the header; the kernel takes five words and ignores what an option has no use for. */
int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);

EXPORT int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	int result;

	real_ensure();
	if (option == PR_SET_TSC && a == PR_TSC_SIGSEGV)
		process.is_timeless = true;
	if (option == PR_SET_SECCOMP && process.active) {
		process_name();
		crash_withdraw();
	}
	result = real.prctl(option, a, b, c, d);
	if (option == PR_SET_SECCOMP && result == 0)
		process.is_filtered = true;
	if (option == PR_SET_NAME && result == 0 && process.active) {
		int saved = errno;
		struct thread *thread = thread_current();

		if (thread)
			thread_name(thread, (const char *)a);
		errno = saved;
	}
	return result;
}
