/*
 * The state of this process is kept here, its time is told and its memory is read. All of it
 * may run anywhere: in hooks, in signal handlers, and first thing in fork children.
 */
#include "base/process.h"
#include "base/real.h"
#include "common/raw.h"
#include <string.h>
#include <time.h>

/* Clocks that are less apart differ by what has not been renewed yet. */
#define CLOCKS_APART_NS 1000000000u

/* No kernel has smaller pages; some have them of 16 or 64 KiB. */
#define PAGE_LEAST 4096u

/* At the start of a page, that of the first threads' blocks (thread.c) as well: what a
 * fork writes to is copied by the page, in the parent and in the child. */
struct process process __attribute__((aligned(PAGE_LEAST)));

REAL(int, clock_gettime, (clockid_t, struct timespec *));

/* Stands in for the CLI's clock where there is no session. */
static _Atomic uint64_t no_clock = 1;
_Atomic uint64_t *time_word = &no_clock;

/* Stands in for the page where the kernel has none to wipe (before 4.14). */
static _Atomic uint32_t no_mark = 1;
_Atomic uint32_t *process_mark = &no_mark;

COLD void process_make_mark(void)
{
	/* The kernel rounds up. */
	size_t size = PAGE_LEAST;
	_Atomic uint32_t *page;

	/* Not in a vfork child: it is its parent that would not know itself any more. */
	if (process.is_filtered || process_mark != &no_mark || raw_getpid() != process.pid)
		return;
	page = raw_mmap(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (page == MAP_FAILED)
		return;
	if (raw_madvise(page, size, MADV_WIPEONFORK)) {
		raw_munmap(page, size);
		return;
	}
	atomic_store(page, 1);
	/* Of two threads that were here at once one wastes a page. */
	process_mark = page;
}

bool process_is_own(void)
{
	return process.is_filtered || process_is_new() || raw_getpid() == process.pid;
}

/* From this process' clock to that of the log: another one in another time namespace. */
static uint64_t clock_shift;

uint64_t time_now(void)
{
	struct timespec now;

	/* It may be a system call; and in strict mode the kernel makes a fault of reading
	 * the counter that libc takes the time from. */
	if (process.is_filtered || process.is_timeless)
		return time_coarse() & ~(uint64_t)1;
	real_clock_gettime(CLOCK_MONOTONIC, &now);
	return ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec + clock_shift) &
	       ~(uint64_t)1;
}

/* The log's clock may be old, where the CLI is stopped: that alone says nothing. */
static void find_clock_shift(const struct session_header *header)
{
	uint64_t theirs = atomic_load(&header->clock), ours = time_now();
	struct stat status;

	if ((ours > theirs ? ours - theirs : theirs - ours) < CLOCKS_APART_NS)
		return;
	if (raw_stat("/proc/self/ns/time", &status) == 0 && header->time_namespace &&
	    status.st_ino != header->time_namespace)
		clock_shift = theirs - ours;
}

void time_start(struct session_header *header)
{
	time_word = &header->clock;
	find_clock_shift(header);
}

/* True when the page of every byte is mapped. For places where process_vm_readv is forbidden. */
static bool is_mapped(const void *from, size_t length)
{
	uintptr_t page = process.page_size ? process.page_size : PAGE_LEAST;
	uintptr_t first = (uintptr_t)from & ~(page - 1);
	unsigned char resident[SESSION_STACK_MAX / PAGE_LEAST + 2];

	return length <= SESSION_STACK_MAX &&
	       raw_mincore((void *)first, (uintptr_t)from + length - first, resident) == 0;
}

/* Behind a seccomp filter of the program's nothing may be asked of the kernel,
 * and what may not be mapped is not read. */
size_t memory_read(void *to, const void *from, size_t length)
{
	struct iovec local = {to, length}, remote = {(void *)from, length};
	ssize_t done = 0;

	if (process.is_filtered)
		return 0;
	/* The id is asked for anew: a raw clone's child would read its parent. */
	if (process.can_read) {
		done = raw_process_vm_readv(raw_getpid(), &local, &remote);
		process.can_read = done != -EPERM && done != -ENOSYS;
	}
	if (!process.can_read) {
		done = is_mapped(from, length) ? (ssize_t)length : 0;
		memcpy(to, from, (size_t)done);
	}
	return done > 0 ? (size_t)done : 0;
}

void process_name(void)
{
	ssize_t length;

	if (process.path_length || process.is_filtered)
		return;
	length = raw_readlink("/proc/self/exe", process.path, sizeof(process.path));
	process.path_length = length > 0 ? (size_t)length : 0;
	strncpy(process.libc_version, libc.gnu_get_libc_version(),
		sizeof(process.libc_version) - 1);
}
