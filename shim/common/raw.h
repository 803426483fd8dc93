/*
 * System calls of the shim's own, under names that libc has not. A program may have
 * functions called open() or syscall(), a library that it preloads may, and the shim's
 * own wrappers are called so: none of them is to see a call that the program never made.
 * libc's open() and read() are cancellation points besides; these are not.
 *
 * What the kernel says is returned as it is: below 0 it is an error's negative number.
 * errno is not touched. Compiled into the CLI, too, with target.c. The instruction, and
 * raw_open(), raw_stat(), raw_readlink() and raw_access(), are the architecture's.
 */
#ifndef FORKCHECK_COMMON_RAW_H
#define FORKCHECK_COMMON_RAW_H

#include "arch/arch.h"
#include <linux/futex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>

/* raw_syscall(NUMBER, up to six arguments) */
#define RAW_PADDED(number, a, b, c, d, e, f, ...)                                                  \
	raw_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define raw_syscall(...) RAW_PADDED(__VA_ARGS__, 0, 0, 0, 0, 0, 0)

static inline void raw_close(int descriptor)
{
	raw_syscall(SYS_close, descriptor);
}

static inline int raw_fstat(int descriptor, struct stat *status)
{
	return (int)raw_syscall(SYS_fstat, descriptor, status);
}

static inline pid_t raw_getpid(void)
{
	return (pid_t)raw_syscall(SYS_getpid);
}

/* MAP_FAILED where that fails. */
static inline void *raw_mmap(size_t length, int flags, int descriptor)
{
	long result =
		raw_syscall(SYS_mmap, NULL, length, PROT_READ | PROT_WRITE, flags, descriptor);

	return result < 0 && result >= -4095 ? MAP_FAILED : (void *)result;
}

static inline void raw_munmap(void *address, size_t length)
{
	raw_syscall(SYS_munmap, address, length);
}

static inline int raw_madvise(void *address, size_t length, int advice)
{
	return (int)raw_syscall(SYS_madvise, address, length, advice);
}

static inline int raw_mincore(void *address, size_t length, unsigned char *resident)
{
	return (int)raw_syscall(SYS_mincore, address, length, resident);
}

static inline int raw_getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
	return (int)raw_syscall(SYS_getrlimit, resource, limit);
}

static inline int raw_getitimer(__itimer_which_t which, struct itimerval *value)
{
	return (int)raw_syscall(SYS_getitimer, which, value);
}

/* Of this process: `pid` is its own, asked for anew. */
static inline ssize_t raw_process_vm_readv(pid_t pid, const struct iovec *local,
					   const struct iovec *remote)
{
	return raw_syscall(SYS_process_vm_readv, pid, local, 1, remote, 1, 0);
}

static inline void raw_futex_wake(void *word, int count)
{
	raw_syscall(SYS_futex, word, FUTEX_WAKE, count);
}

#endif
