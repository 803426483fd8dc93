/*
 * The hooks of the exec family and of posix_spawn() give the next program the shim
 * (environ.h), and record where the shim cannot be in it (target.h). A process that becomes
 * another program gives its memory up, and every lock in it. They run in vfork children,
 * too, and allocate nothing.
 */
#include "hooks/exec.h"
#include "base/environ.h"
#include "base/process.h"
#include "base/real.h"
#include "common/raw.h"
#include "common/target.h"
#include "fork/order.h"
#include "log/log.h"
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* Where execvp() looks when there is no PATH. */
#define DEFAULT_SEARCH "/bin:/usr/bin"

extern char **environ;

/* True when this memory is the process' own: a vfork child runs in its parent's. */
static bool is_own_memory(void)
{
	return process.active && (process.is_filtered || raw_getpid() == process.pid);
}

static bool before_exec(void)
{
	int saved = errno;
	bool own;

	real_ensure();
	own = is_own_memory();
	if (own)
		order_at_exec();
	errno = saved;
	return own;
}

/* exec came back: it failed, and the process keeps its memory. */
static int after_exec(bool own, int result)
{
	int saved = errno;

	if (own)
		order_after_failed_exec();
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

static void exec_examine(struct target *target, const struct execution *execution)
{
	const char *search = environ_value(environ, "PATH");

	switch (execution->way) {
	case BY_PATH:
		target_examine(target, AT_FDCWD, execution->path);
		return;
	case BY_SEARCH:
		target_examine_search(target, execution->path, search ? search : DEFAULT_SEARCH);
		return;
	case BY_DESCRIPTOR:
		target_examine_descriptor(target, execution->descriptor);
		return;
	case BY_DIRECTORY:
		/* An empty path, which is not for us to read, cannot be opened. */
		if (!target_examine(target, execution->descriptor, execution->path) &&
		    execution->flags & AT_EMPTY_PATH)
			target_examine_descriptor(target, execution->descriptor);
		return;
	}
}

/* In a chroot, in another mount namespace, as another user. */
static enum unobserved_reason examine_reach(void)
{
	if (!target_can_read(environ_shim()))
		return UNOBSERVED_NO_SHIM;
	return target_is_own(environ_session()) ? OBSERVABLE : UNOBSERVED_NO_SESSION;
}

/* Nothing is asked behind a seccomp filter. */
static void foresee(struct target *target, const struct execution *execution)
{
	int saved = errno;

	target->reason = OBSERVABLE;
	target->first[0] = '\0';
	if (!process.active || process.is_filtered || !*environ_shim() ||
	    (execution->way != BY_DESCRIPTOR && !execution->path))
		return;
	target->beforehand = examine_reach();
	exec_examine(target, execution);
	errno = saved;
}

static session_reference exec_record_unobserved(const struct target *target, pid_t pid,
						uint64_t since_ns)
{
	struct record_unobserved *record;
	session_reference reference;

	if (atomic_fetch_add(&log_header()->counters.unobserved, 1) >= UNOBSERVED_MAX)
		return 0;
	record = log_claim_alone(sizeof(*record) + target->path_length, &reference);
	if (!record)
		return 0;
	record->since_ns = since_ns;
	record->pid = pid;
	record->reason = target->reason;
	record->path_length = (uint32_t)target->path_length;
	memcpy(record->path, target->path, target->path_length);
	log_commit(record, RECORD_UNOBSERVED);
	return reference;
}

static session_reference announce(const struct target *target)
{
	int saved = errno;
	session_reference reference = 0;

	if (target->reason != OBSERVABLE)
		reference = exec_record_unobserved(target, raw_getpid(), time_now());
	errno = saved;
	return reference;
}

/* exec came back. */
static void take_back(const struct target *target, session_reference reference)
{
	if (target->reason != OBSERVABLE)
		atomic_fetch_sub(&log_header()->counters.unobserved, 1);
	if (reference)
		atomic_store(&((struct record_unobserved *)log_record(reference))->failed, 1);
}

/* libc has the name since 2.34. */
static int call_at(const struct execution *execution, char *const *environment)
{
	if (!real.execveat) {
		errno = ENOSYS;
		return -1;
	}
	return real.execveat(execution->descriptor, execution->path, execution->arguments,
			     environment, execution->flags);
}

static int call(const struct execution *execution, char *const *environment)
{
	switch (execution->way) {
	case BY_SEARCH:
		return real.execvpe(execution->path, execution->arguments, environment);
	case BY_DESCRIPTOR:
		return real.fexecve(execution->descriptor, execution->arguments, environment);
	case BY_DIRECTORY:
		return call_at(execution, environment);
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
	struct target target;
	struct environ_plan plan;
	bool own = before_exec();
	session_reference announced;
	int result;

	foresee(&target, execution);
	announced = announce(&target);
	if (environ_plan(&plan, environment, target_refuses_preload(target.reason), target.first))
		result = call_with(execution, &plan);
	else
		result = call(execution, environment);
	take_back(&target, announced);
	return after_exec(own, result);
}

/*
 * The wrappers call these and not each other: by its exported name a wrapper is whoever
 * in the process has that name first, and that may be a function of the program's.
 */
static int execute_path(const char *path, char *const *arguments, char *const *environment)
{
	return execute(&(struct execution){.way = BY_PATH, .path = path, .arguments = arguments},
		       environment);
}

static int execute_search(const char *file, char *const *arguments, char *const *environment)
{
	return execute(&(struct execution){.way = BY_SEARCH, .path = file, .arguments = arguments},
		       environment);
}

static int execute_at(int directory, const char *path, char *const *arguments,
		      char *const *environment, int flags)
{
	return execute(&(struct execution){.way = BY_DIRECTORY,
					   .descriptor = directory,
					   .path = path,
					   .arguments = arguments,
					   .flags = flags},
		       environment);
}

EXPORT int execve(const char *path, char *const arguments[], char *const environment[])
{
	return execute_path(path, arguments, environment);
}

EXPORT int execv(const char *path, char *const arguments[])
{
	return execute_path(path, arguments, environ);
}

EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[])
{
	return execute_search(file, arguments, environment);
}

EXPORT int execvp(const char *file, char *const arguments[])
{
	return execute_search(file, arguments, environ);
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
	return execute_at(directory, path, arguments, environment, flags);
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

static int spawn_program(spawn_function *spawn, enum way way, pid_t *pid, const char *path,
			 const posix_spawn_file_actions_t *actions,
			 const posix_spawnattr_t *attributes, char *const arguments[],
			 char *const environment[])
{
	const struct execution execution = {.way = way, .path = path};
	uint64_t since_ns = time_now();
	struct environ_plan plan;
	struct target target;
	pid_t own_pid = 0;
	int result;

	/* The caller's own word where there is one: a handler of SIGCHLD may read it. */
	if (!pid)
		pid = &own_pid;
	foresee(&target, &execution);
	if (environ_plan(&plan, environment, target_refuses_preload(target.reason), target.first))
		result = spawn_with(spawn, pid, path, actions, attributes, arguments, &plan);
	else
		result = spawn(pid, path, actions, attributes, arguments, environment);
	if (result == 0 && target.reason != OBSERVABLE)
		exec_record_unobserved(&target, *pid, since_ns);
	return result;
}

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attributes, char *const arguments[],
		       char *const environment[])
{
	real_ensure();
	return spawn_program(real.posix_spawn, BY_PATH, pid, path, actions, attributes, arguments,
			     environment);
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const arguments[],
			char *const environment[])
{
	real_ensure();
	return spawn_program(real.posix_spawnp, BY_SEARCH, pid, file, actions, attributes,
			     arguments, environment);
}

/* syscall(SYS_execve, ...): the same call, by another name. */
long exec_by_number(long number, long a, long b, long c, long d, long e, long unused)
{
	(void)unused;
	if (number == SYS_execveat)
		return execute_at((int)a, (const char *)b, (char *const *)c, (char *const *)d,
				  (int)e);
	return execute_path((const char *)a, (char *const *)b, (char *const *)c);
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
	return execute_path(path, arguments, environ);
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
	return execute_search(file, arguments, environ);
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
	return execute_path(path, arguments, environment);
}
