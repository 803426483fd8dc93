/*
 * Stands in for shim/base/process.c, whose constructor would open a session: the
 * process, its clock and its reads of memory. And sources that need no test
 * of their own.
 */
#include "../../shim/base/real.c"
#include "../../shim/record/taken.c"
#include "../../shim/record/uses.c"
#include <sys/uio.h>

struct process process;

static _Atomic uint64_t clock_word = 1;
_Atomic uint64_t *time_word = &clock_word;

static _Atomic uint32_t mark_word = 1;
_Atomic uint32_t *process_mark = &mark_word;

void process_make_mark(void)
{
}

void process_name(void)
{
}

uint64_t time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec) & ~(uint64_t)1;
}

size_t memory_read(void *to, const void *from, size_t length)
{
	struct iovec local = {to, length}, remote = {(void *)(uintptr_t)from, length};
	ssize_t done = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	return done > 0 ? (size_t)done : 0;
}
