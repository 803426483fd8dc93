/*
 * libforkcheck.so runs inside strangers. The rules for every line in shim/:
 *
 *  1. Change nothing that the program can see: results, errno, signals,
 *     descriptors, order of handlers, exit status. When in doubt, record less.
 *  2. No malloc, no stdio, no locale, no dlsym after start-up. No lock of our
 *     own, ever. Only libc is linked, and only what is marked EXPORT leaves.
 *     No function is called by a name that a program may have: system calls
 *     are made by raw.h, and what must be libc's is looked up in libc (real.h).
 *  3. Any function may be interrupted by a signal handler, by a fork or by the
 *     end of the process at any instruction, and be entered again from there.
 *  4. A fork child has one thread and a frozen copy of everything. Never take
 *     the loader's or an allocator's lock there; never follow a pointer whose
 *     target the program may have unmapped: use memory_read().
 *  5. The path of an uncontended lock and unlock makes no call but the real
 *     one. Everything else lives in functions marked `cold`.
 *  6. Record facts. Decide nothing, print nothing.
 */
#ifndef FORKCHECK_SHIM_H
#define FORKCHECK_SHIM_H

#include "common/log_format.h"
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define EXPORT __attribute__((visibility("default")))
/* Tells the compiler that the loader will not move it: no detour through the GOT. */
#define HIDDEN __attribute__((visibility("hidden")))
#define COLD   __attribute__((cold, noinline))
/* Small, and written while a process starts: in the page where the loader has something to
 * write anyway. Between the large tables each would have a page of its own to touch. */
#define AT_START __attribute__((section(".data")))
/* Runs while a process starts: the linker keeps these together, too. */
#define IN_START __attribute__((section(".text.startup")))
/* Runs in every fork child. The linker keeps these together: a fork leaves the child
 * without its parent's mappings of code, and each 64 KiB of it costs a page fault. */
#define IN_CHILD    __attribute__((hot))
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define PATH_LENGTH 512

/* Where a call came from: its return address and the caller's stack pointer
 * after the return. Needs no frame pointer (gcc and clang). */
#define CALL_SITE() ((struct call_site){__builtin_return_address(0), __builtin_dwarf_cfa()})

struct call_site {
	const void *address;
	const void *sp;
};

/* For the way of a fork: what is not written to is not copied, at either end of it. */
static inline void restore_errno(int saved)
{
	if (errno != saved)
		errno = saved;
}

#endif
