/*
 * The exec family: a child that becomes another program gives its memory up,
 * and every lock in it. The next program gets the shim too (environ.h).
 */
#include "child.h"
#include "environ.h"
#include "log.h"
#include "real.h"
#include "shim.h"
#include <spawn.h>
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

enum way { BY_PATH, BY_SEARCH, BY_DESCRIPTOR, BY_DIRECTORY };

struct execution {
	enum way way;
	int descriptor; /* of the program, or of the directory */
	const char *path;
	char *const *arguments;
	int flags;
};

static int call(const struct execution *execution, char *const *environment)
{
	switch (execution->way) {
	case BY_SEARCH:
		return real.execvpe(execution->path, execution->arguments, environment);
	case BY_DESCRIPTOR:
		return real.fexecve(execution->descriptor, execution->arguments, environment);
	case BY_DIRECTORY:
		return real.execveat(execution->descriptor, execution->path, execution->arguments,
				     environment, execution->flags);
	case BY_PATH:
		break;
	}
	return real.execve(execution->path, execution->arguments, environment);
}

static int call_with(const struct execution *execution, const struct environ_plan *plan)
{
	char *entries[plan->count + 3];
	char text[plan->text_size];

	environ_build(plan, entries, text);
	return call(execution, entries);
}

static int execute(const struct execution *execution, char *const *environment)
{
	struct environ_plan plan;
	bool own = before_exec();

	if (environ_plan(&plan, environment))
		return after_exec(own, call_with(execution, &plan));
	return after_exec(own, call(execution, environment));
}

EXPORT int execve(const char *path, char *const arguments[], char *const environment[])
{
	return execute(&(struct execution){.way = BY_PATH, .path = path, .arguments = arguments},
		       environment);
}

EXPORT int execv(const char *path, char *const arguments[])
{
	return execve(path, arguments, environ);
}

EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[])
{
	return execute(&(struct execution){.way = BY_SEARCH, .path = file, .arguments = arguments},
		       environment);
}

EXPORT int execvp(const char *file, char *const arguments[])
{
	return execvpe(file, arguments, environ);
}

EXPORT int fexecve(int descriptor, char *const arguments[], char *const environment[])
{
	return execute(&(struct execution){.way = BY_DESCRIPTOR,
					   .descriptor = descriptor,
					   .arguments = arguments},
		       environment);
}

EXPORT int execveat(int directory, const char *path, char *const arguments[],
		    char *const environment[], int flags)
{
	return execute(&(struct execution){.way = BY_DIRECTORY,
					   .descriptor = directory,
					   .path = path,
					   .arguments = arguments,
					   .flags = flags},
		       environment);
}

typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *,
			   const posix_spawnattr_t *, char *const[], char *const[]);

static int spawn_with(spawn_function *spawn, pid_t *pid, const char *path,
		      const posix_spawn_file_actions_t *actions,
		      const posix_spawnattr_t *attributes, char *const arguments[],
		      const struct environ_plan *plan)
{
	char *entries[plan->count + 3];
	char text[plan->text_size];

	environ_build(plan, entries, text);
	return spawn(pid, path, actions, attributes, arguments, entries);
}

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attributes, char *const arguments[],
		       char *const environment[])
{
	struct environ_plan plan;

	real_ensure();
	if (environ_plan(&plan, environment))
		return spawn_with(real.posix_spawn, pid, path, actions, attributes, arguments,
				  &plan);
	return real.posix_spawn(pid, path, actions, attributes, arguments, environment);
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const arguments[],
			char *const environment[])
{
	struct environ_plan plan;

	real_ensure();
	if (environ_plan(&plan, environment))
		return spawn_with(real.posix_spawnp, pid, file, actions, attributes, arguments,
				  &plan);
	return real.posix_spawnp(pid, file, actions, attributes, arguments, environment);
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
