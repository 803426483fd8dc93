/*
 * This is the table of system calls that a task may sleep in. Old ones are not on every
 * architecture (arch.h has them), new ones not in the headers of every kernel.
 */
#include "call_names.h"
#include "shim/common/arch/arch.h"
#include <stddef.h>
#include <sys/syscall.h>

static const struct {
	long number;
	const char *name;
} calls[] = {
/* clang-format off */
#define ROW(name) {SYS_##name, #name},
	ROW(accept)
	ROW(accept4)
	ROW(clock_nanosleep)
	ROW(clone)
#ifdef SYS_clone3
	ROW(clone3)
#endif
	ROW(connect)
	ROW(epoll_pwait)
#ifdef SYS_epoll_pwait2
	ROW(epoll_pwait2)
#endif
	{ARCH_CALL_EPOLL_WAIT, "epoll_wait"},
	ROW(execve)
	ROW(fcntl)
	ROW(flock)
	ROW(fsync)
	ROW(futex)
#ifdef SYS_futex_wait
	ROW(futex_wait)
#endif
#ifdef SYS_futex_waitv
	ROW(futex_waitv)
#endif
	ROW(io_getevents)
#ifdef SYS_io_pgetevents
	ROW(io_pgetevents)
#endif
#ifdef SYS_io_uring_enter
	ROW(io_uring_enter)
#endif
	ROW(mq_timedreceive)
	ROW(mq_timedsend)
	ROW(msgrcv)
	ROW(msgsnd)
	ROW(nanosleep)
	ROW(openat)
	{ARCH_CALL_PAUSE, "pause"},
	{ARCH_CALL_POLL, "poll"},
	ROW(ppoll)
	ROW(pselect6)
	ROW(read)
	ROW(readv)
	ROW(recvfrom)
	ROW(recvmmsg)
	ROW(recvmsg)
	ROW(restart_syscall)
	ROW(rt_sigsuspend)
	ROW(rt_sigtimedwait)
	{ARCH_CALL_SELECT, "select"},
	ROW(semop)
	ROW(semtimedop)
	ROW(sendmmsg)
	ROW(sendmsg)
	ROW(sendto)
	ROW(wait4)
	ROW(waitid)
	ROW(write)
	ROW(writev)
	/* clang-format on */
};

const char *call_name(long number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (calls[i].number == number)
			return calls[i].name;
	return NULL;
}
