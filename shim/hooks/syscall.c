/*
 * The hook of syscall() passes calls by number to the hooks that would see them under their
 * names. It is async-signal-safe, and gone while the call runs.
 */
#include "base/process.h"
#include "base/real.h"
#include "hooks/clone.h"
#include "hooks/exec.h"
#include "hooks/futex.h"
#include "record/crash.h"
#include "record/descriptors.h"
#include "record/private_facts.h"
#include "record/shared_descriptors.h"
#include <sys/syscall.h>

/*
 * Some calls are made by number. The wrapper must be gone when the call runs
 * (that of vfork comes back twice): with -O2 this is a jump, the seventh argument
 * stays where the caller put it. (The header declares it variadic, hence the
 * other name here.)
 */
long call_by_number(long number, long a, long b, long c, long d, long e, long f) __asm__("syscall");

static void expect_filter(void)
{
	if (process.active)
		process_name();
	crash_withdraw();
	process.is_filtered = true;
}

static COLD void syscall_note_call(long number, long a, long b)
{
	struct itimerval seconds = {.it_value.tv_sec = a};

	if (number == SYS_setitimer && b)
		facts_note_timer((int)a, (const struct itimerval *)b);
	else if (number == ARCH_CALL_ALARM)
		facts_note_timer(ITIMER_REAL, &seconds);
	else if (number == SYS_seccomp)
		expect_filter();
}

/* As the hooks of these do under their names. */
static __attribute__((noinline)) void syscall_note_moved(long number, int one, int other,
							 const void *site)
{
	switch (number) {
	case SYS_write:
	case SYS_writev:
	case SYS_pwritev2:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_sendmmsg:
	case SYS_sendfile:
	case SYS_vmsplice:
		descriptor_writes(one, site);
		return;
	case SYS_splice:
	case SYS_tee:
		descriptor_writes(other, site);
		return;
	case SYS_read:
	case SYS_readv:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_recvmmsg:
		descriptor_awaits(one);
		return;
	case SYS_close:
		descriptor_forget(one);
		return;
	}
}

/* liburing makes its calls itself, and this is not asked. */
static COLD long ring_by_number(long number, long a, long b, long c, long d, long e, long f)
{
	uint64_t since = atomic_load(&process.forked_ns);
	long result = real.syscall(number, a, b, c, d, e, f);

	if (result >= 0 && number == SYS_io_uring_setup)
		shared_made((int)result, SHARED_RING);
	else if (result >= 0 && shared_is_watched((int)a, SHARED_READS))
		shared_used((int)a, SHARED_READS, false, since);
	return result;
}

EXPORT long call_by_number(long number, long a, long b, long c, long d, long e, long f)
{
	long (*call)(long, long, long, long, long, long, long);

	real_ensure();
	/* One jump for all: with two, clang makes calls of them. */
	call = real.syscall;
	if (unlikely(clone_is_asked_for(number)))
		call = clone_by_number;
	else if (number == SYS_futex)
		futex_called((const void *)a, b, __builtin_return_address(0));
	else if (unlikely(number == SYS_execve || number == SYS_execveat))
		call = exec_by_number;
	else if (unlikely(number == SYS_io_uring_setup || number == SYS_io_uring_enter))
		call = ring_by_number;
	else if (unlikely(number == SYS_setitimer || number == ARCH_CALL_ALARM ||
			  number == SYS_seccomp))
		syscall_note_call(number, a, b);
	else
		syscall_note_moved(number, (int)a, (int)(number == SYS_splice ? c : b),
				   __builtin_return_address(0));
	return call(number, a, b, c, d, e, f);
}
