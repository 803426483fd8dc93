/*
 * These hooks see forks without fork(): _Fork(), clone(), and the calls by number. libc runs
 * no atfork handlers for any of them and repairs no lock; after all but _Fork() it does not
 * even know that the thread has a new id. Clones that share the memory (threads, vfork) are no
 * forks: they are jumped to.
 */
#include "hooks/clone.h"
#include "base/process.h"
#include "base/real.h"
#include "fork/fork_scope.h"
#include "record/private_facts.h"
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>

EXPORT pid_t _Fork(void)
{
	struct fork_scope scope;

	real_ensure();
	if (!real._Fork) {
		errno = ENOSYS;
		return -1;
	}
	if (!fork_begin_unhandled(&scope, FORK_UNDERSCORE, false))
		return real._Fork();
	return fork_end(&scope, real._Fork());
}

/* With a thread pointer of its own the child has none of our thread-local state. */
static bool clone_is_fork(uint64_t flags)
{
	return !(flags & (CLONE_VM | CLONE_SETTLS));
}

/* Another process, and neither a thread nor one that this one waits for. */
static void note_sharer(uint64_t flags)
{
	if (flags & CLONE_VM && !(flags & (CLONE_THREAD | CLONE_VFORK)))
		facts_note_sharer();
}

static bool suspends(uint64_t flags)
{
	return flags & CLONE_VFORK;
}

static int clone_start_child(void *block)
{
	struct thread *thread = block;
	int (*start)(void *) = thread->fork.start;
	void *argument = thread->fork.argument;

	fork_begin_child(thread);
	return start(argument);
}

/* Variadic in the header: the last three may be missing, and are then not looked at. */
int clone_here(int (*start)(void *), void *stack, int flags, void *argument, pid_t *parent_tid,
	       void *tls, pid_t *child_tid) __asm__("clone");
int __clone_here(int (*start)(void *), void *stack, int flags, void *argument, pid_t *parent_tid,
		 void *tls, pid_t *child_tid) __asm__("__clone");

static COLD int observed_clone(int (*start)(void *), void *stack, int flags, void *argument,
			       pid_t *parent_tid, void *tls, pid_t *child_tid)
{
	struct fork_scope scope;

	if (!fork_begin_unhandled(&scope, FORK_CLONE, suspends((unsigned)flags)))
		return real.clone(start, stack, flags, argument, parent_tid, tls, child_tid);
	scope.thread->fork.start = start;
	scope.thread->fork.argument = argument;
	return fork_end(&scope, real.clone(clone_start_child, stack, flags, scope.thread,
					   parent_tid, tls, child_tid));
}

static int clone_as_asked(int (*start)(void *), void *stack, int flags, void *argument,
			  pid_t *parent_tid, void *tls, pid_t *child_tid)
{
	real_ensure();
	note_sharer((unsigned)flags);
	if (!clone_is_fork((unsigned)flags) || !start || !stack)
		return real.clone(start, stack, flags, argument, parent_tid, tls, child_tid);
	return observed_clone(start, stack, flags, argument, parent_tid, tls, child_tid);
}

EXPORT int clone_here(int (*start)(void *), void *stack, int flags, void *argument,
		      pid_t *parent_tid, void *tls, pid_t *child_tid)
{
	return clone_as_asked(start, stack, flags, argument, parent_tid, tls, child_tid);
}

EXPORT int __clone_here(int (*start)(void *), void *stack, int flags, void *argument,
			pid_t *parent_tid, void *tls, pid_t *child_tid)
{
	return clone_as_asked(start, stack, flags, argument, parent_tid, tls, child_tid);
}

/* What a call by number asks for. Small enough to be returned in a register: no
 * address of a local variable may be known where a jump is wanted. */
struct request {
	enum fork_function function; /* 0: no fork, or one that cannot be recorded */
	bool suspends;
};

static struct request clone_examine(enum fork_function function, uint64_t flags, uint64_t stack)
{
	note_sharer(flags);
	/* On a stack of its own the child could not come back through our frame. */
	if (!clone_is_fork(flags) || stack)
		return (struct request){0};
	return (struct request){function, suspends(flags)};
}

static __attribute__((noinline)) struct request read_request(long number, long a, long b)
{
	struct clone_args arguments;

	if (number == ARCH_CALL_FORK)
		return (struct request){.function = FORK_CALL_FORK};
	if (number == SYS_clone)
		return clone_examine(FORK_CALL_CLONE, (uint64_t)a, (uint64_t)b);
	/* The kernel says EFAULT where a plain read would end the program. */
	if (memory_read(&arguments, (const void *)a, CLONE_ARGS_SIZE_VER0) != CLONE_ARGS_SIZE_VER0)
		return (struct request){0};
	return clone_examine(FORK_CALL_CLONE3, arguments.flags, arguments.stack);
}

static __attribute__((noinline)) long observed_call(struct request request, const long call[7])
{
	struct fork_scope scope;

	if (!fork_begin_unhandled(&scope, request.function, request.suspends))
		return real.syscall(call[0], call[1], call[2], call[3], call[4], call[5], call[6]);
	return fork_end(&scope, (pid_t)real.syscall(call[0], call[1], call[2], call[3], call[4],
						    call[5], call[6]));
}

static __attribute__((noinline)) long observe(struct request request, long number, long a, long b,
					      long c, long d, long e, long f)
{
	const long call[] = {number, a, b, c, d, e, f};

	return observed_call(request, call);
}

COLD long clone_by_number(long number, long a, long b, long c, long d, long e, long f)
{
	struct request request = read_request(number, a, b);

	if (!request.function)
		return real.syscall(number, a, b, c, d, e, f);
	return observe(request, number, a, b, c, d, e, f);
}
