/*
 * The exec family: a child that becomes another program gives its memory up,
 * and every lock in it. Environment variables are passed on as they are.
 */
#include "child.h"
#include "log.h"
#include "real.h"
#include "shim.h"
#include <stdarg.h>
#include <unistd.h>

extern char **environ;

/* True when this memory is the process' own: a vfork child runs in its parent's. */
static bool is_own_memory(void)
{
	return process.active && process.kind == BIRTH_CHILD &&
	       (process.is_filtered || getpid() == process.pid);
}

static void add_to_execs(uint32_t difference)
{
	if (process.fork)
		atomic_fetch_add(&((struct record_fork *)log_record(process.fork))->execs,
				 difference);
}

static bool before_exec(void)
{
	int saved = errno;
	bool own;

	real_ensure();
	own = is_own_memory();
	if (own) {
		add_to_execs(1);
		log_birth_mark(process.birth_index, BIRTH_EXECED);
	}
	errno = saved;
	return own;
}

/* exec came back: it failed, and the process keeps its memory. */
static int after_exec(bool own, int result)
{
	int saved = errno;

	if (own) {
		add_to_execs((uint32_t)-1);
		log_birth_unmark(process.birth_index, BIRTH_EXECED);
	}
	errno = saved;
	return result;
}

EXPORT int execve(const char *path, char *const arguments[], char *const environment[])
{
	bool own = before_exec();

	return after_exec(own, real.execve(path, arguments, environment));
}

EXPORT int execv(const char *path, char *const arguments[])
{
	bool own = before_exec();

	return after_exec(own, real.execv(path, arguments));
}

EXPORT int execvp(const char *file, char *const arguments[])
{
	bool own = before_exec();

	return after_exec(own, real.execvp(file, arguments));
}

EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[])
{
	bool own = before_exec();

	return after_exec(own, real.execvpe(file, arguments, environment));
}

EXPORT int fexecve(int descriptor, char *const arguments[], char *const environment[])
{
	bool own = before_exec();

	return after_exec(own, real.fexecve(descriptor, arguments, environment));
}

EXPORT int execveat(int directory, const char *path, char *const arguments[],
		    char *const environment[], int flags)
{
	bool own = before_exec();

	return after_exec(own, real.execveat(directory, path, arguments, environment, flags));
}

/* The argument list of execl(): counted first, then laid out on the stack as
 * libc does, since no memory may be allocated between fork and exec. */
static size_t count_arguments(va_list list)
{
	size_t count = 1;

	while (va_arg(list, char *))
		count++;
	return count;
}

static void copy_arguments(char **to, const char *first, size_t count, va_list *list)
{
	to[0] = (char *)first;
	for (size_t i = 1; i <= count; i++)
		to[i] = va_arg(*list, char *);
}

EXPORT int execl(const char *path, const char *argument, ...)
{
	va_list list;
	size_t count;

	va_start(list, argument);
	count = count_arguments(list);
	va_end(list);

	char *arguments[count + 1];

	va_start(list, argument);
	copy_arguments(arguments, argument, count, &list);
	va_end(list);
	return execv(path, arguments);
}

EXPORT int execlp(const char *file, const char *argument, ...)
{
	va_list list;
	size_t count;

	va_start(list, argument);
	count = count_arguments(list);
	va_end(list);

	char *arguments[count + 1];

	va_start(list, argument);
	copy_arguments(arguments, argument, count, &list);
	va_end(list);
	return execvp(file, arguments);
}

EXPORT int execle(const char *path, const char *argument, ...)
{
	va_list list;
	size_t count;
	char *const *environment;

	va_start(list, argument);
	count = count_arguments(list);
	va_end(list);

	char *arguments[count + 1];

	va_start(list, argument);
	copy_arguments(arguments, argument, count, &list);
	environment = va_arg(list, char *const *);
	va_end(list);
	return execve(path, arguments, environment);
}
