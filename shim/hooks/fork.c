/*
 * The hooks of fork(), forkpty() and daemon() stand around the call, those of the
 * registration of handlers note who registers. The shim's own handlers do the rest
 * (fork/fork_scope.c).
 */
#include "base/process.h"
#include "base/real.h"
#include "fork/fork_scope.h"
#include "record/uses.h"

/* Behind pthread_atfork(), which is linked into every library by itself. */
int __register_atfork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void),
		      void *library);

EXPORT int __register_atfork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void),
			     void *library)
{
	const void *site = __builtin_return_address(0);
	int result;

	real_ensure();
	result = real.__register_atfork(before, in_parent, in_child, library);
	if (result == 0 && process.active)
		use_record_handlers(site, before, in_parent, in_child);
	return result;
}

EXPORT IN_CHILD pid_t fork(void)
{
	struct fork_scope scope;

	if (!fork_begin(&scope, FORK_FORK, __builtin_return_address(0)))
		return real.fork();
	return fork_end(&scope, real.fork());
}

/* libc exports both names and declares one. */
pid_t __fork(void);

EXPORT pid_t __fork(void)
{
	struct fork_scope scope;

	if (!fork_begin(&scope, FORK_FORK, __builtin_return_address(0)))
		return real.fork();
	return fork_end(&scope, real.fork());
}

EXPORT int forkpty(int *master, char *name, const struct termios *terminal,
		   const struct winsize *size)
{
	struct fork_scope scope;

	if (!fork_begin(&scope, FORK_PTY, __builtin_return_address(0)))
		return real.forkpty(master, name, terminal, size);
	return fork_end(&scope, real.forkpty(master, name, terminal, size));
}

EXPORT int daemon(int no_chdir, int no_close)
{
	struct fork_scope scope;

	if (!fork_begin(&scope, FORK_DAEMON, __builtin_return_address(0)))
		return real.daemon(no_chdir, no_close);
	return fork_end(&scope, real.daemon(no_chdir, no_close));
}
