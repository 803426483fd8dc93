/*
 * The functions behind the ones that the shim interposes.
 *
 * Resolved once, by the rules of dlsym(RTLD_NEXT) (symbol_tables.h), which itself is asked
 * for the rest and allocates nothing on success. The table is filled by the
 * constructor, or by the first wrapper that runs before it (an IFUNC resolver, another
 * object with DF_1_INITFIRST).
 */
#ifndef FORKCHECK_BASE_REAL_H
#define FORKCHECK_BASE_REAL_H

#include "common/region_functions.h"
#include "shim.h"
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

/* result, name, parameters. A name that this libc lacks stays NULL. */
#define REAL_FUNCTIONS(X)                                                                          \
	X(pid_t, fork, (void))                                                                     \
	X(pid_t, _Fork, (void))                                                                    \
	X(int, forkpty, (int *, char *, const struct termios *, const struct winsize *))           \
	X(int, daemon, (int, int))                                                                 \
	X(int, clone, (int (*)(void *), void *, int, void *, pid_t *, void *, pid_t *))            \
	X(int, pthread_mutex_lock, (pthread_mutex_t *))                                            \
	X(int, pthread_mutex_trylock, (pthread_mutex_t *))                                         \
	X(int, pthread_mutex_timedlock, (pthread_mutex_t *, const struct timespec *))              \
	X(int, pthread_mutex_clocklock, (pthread_mutex_t *, clockid_t, const struct timespec *))   \
	X(int, pthread_mutex_unlock, (pthread_mutex_t *))                                          \
	X(int, pthread_mutex_init, (pthread_mutex_t *, const pthread_mutexattr_t *))               \
	X(int, pthread_mutex_destroy, (pthread_mutex_t *))                                         \
	X(int, pthread_cond_wait, (pthread_cond_t *, pthread_mutex_t *))                           \
	X(int, pthread_cond_timedwait,                                                             \
	  (pthread_cond_t *, pthread_mutex_t *, const struct timespec *))                          \
	X(int, pthread_cond_clockwait,                                                             \
	  (pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *))               \
	X(int, pthread_create, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))   \
	X(int, thrd_create, (thrd_t *, thrd_start_t, void *))                                      \
	X(int, pthread_setname_np, (pthread_t, const char *))                                      \
	X(int, prctl, (int, unsigned long, unsigned long, unsigned long, unsigned long))           \
	X(void *, dlopen, (const char *, int))                                                     \
	X(void *, dlmopen, (long, const char *, int))                                              \
	X(int, dlclose, (void *))                                                                  \
	X(int, posix_spawn,                                                                        \
	  (pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,   \
	   char *const[], char *const[]))                                                          \
	X(int, posix_spawnp,                                                                       \
	  (pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,   \
	   char *const[], char *const[]))                                                          \
	X(int, execve, (const char *, char *const[], char *const[]))                               \
	X(int, execvpe, (const char *, char *const[], char *const[]))                              \
	X(int, fexecve, (int, char *const[], char *const[]))                                       \
	X(int, execveat, (int, const char *, char *const[], char *const[], int))                   \
	X(int, sigaction, (int, const struct sigaction *, struct sigaction *))                     \
	X(sighandler_t, signal, (int, sighandler_t))                                               \
	X(sighandler_t, ssignal, (int, sighandler_t))                                              \
	X(sighandler_t, bsd_signal, (int, sighandler_t))                                           \
	X(sighandler_t, sysv_signal, (int, sighandler_t))                                          \
	X(sighandler_t, __sysv_signal, (int, sighandler_t))                                        \
	X(long, syscall, (long, long, long, long, long, long, long))                               \
	X(int, setitimer, (__itimer_which_t, const struct itimerval *, struct itimerval *))        \
	X(unsigned, alarm, (unsigned))                                                             \
	X(useconds_t, ualarm, (useconds_t, useconds_t))                                            \
	X(int, __register_atfork, (void (*)(void), void (*)(void), void (*)(void), void *))        \
	X(void, _exit, (int))                                                                      \
	X(void, _Exit, (int))

/*
 * A function that one file needs, defined there and resolved with the others:
 * "static real_NAME". A family of locks brings its own.
 *
 * What the entries refer to is said by its distance from the very field. With pointers
 * in them the loader would have to write to them, in every process that starts, and
 * they would need a page of their own.
 */
struct real_function {
	int32_t name;
	int32_t version;         /* "": the newest */
	int32_t pointer;         /* to the function pointer */
	uint32_t may_be_missing; /* dlsym() would allocate its complaint */
};
#define REAL_TEXT(text)                                                                            \
	".pushsection .rodata.real,\"a\",@progbits\n1: .asciz \"" text                             \
	"\"\n.popsection\n.long 1b - .\n"
#define REAL_ENTRY(version, may_be_missing, result, name, parameters)                              \
	AT_START __attribute__((used)) static result(*real_##name) parameters;                     \
	__asm__(".pushsection real_functions,\"a\",@progbits\n.balign 4\n" REAL_TEXT(#name)        \
			REAL_TEXT(version) ".long real_" #name " - .\n.long " #may_be_missing      \
					   "\n.popsection")
#define REAL_VERSION(version, result, name, parameters)                                            \
	REAL_ENTRY(version, 0, result, name, parameters)
#define REAL(result, name, parameters) REAL_ENTRY("", 0, result, name, parameters)
/* Of a library that not every program has. */
#define REAL_IF_THERE(result, name, parameters) REAL_ENTRY("", 1, result, name, parameters)

struct real_functions {
#define X(result, name, parameters) result(*name) parameters;
	REAL_FUNCTIONS(X)
#undef X
#define X(region, result, name, parameters, arguments) result(*name) parameters;
	REGION_FUNCTIONS(X)
	NAME_LOOKUPS(X)
	RANDOM_DRAWS(X)
	RANDOM_SEEDS(X)
#undef X
	void (*exit)(int);
	bool ready;
	bool is_complete; /* this libc has all that the shim cannot do without */
};

extern struct real_functions real __attribute__((visibility("hidden")));

/*
 * What the shim itself asks of libc. Found in libc's own objects, whoever else has the
 * name: neither the program nor a sanitizer is to see a call that is not the program's.
 * And looked up, not linked: names that have moved from libpthread to libc in 2.34 would
 * have that version, and no program of an older libc would start.
 */
#define LIBC_FUNCTIONS(X)                                                                          \
	X(const char *, gnu_get_libc_version, (void))                                              \
	X(pthread_t, pthread_self, (void))                                                         \
	X(int, pthread_attr_getstacksize, (const pthread_attr_t *, size_t *))                      \
	X(int, pthread_mutexattr_init, (pthread_mutexattr_t *))                                    \
	X(int, pthread_mutexattr_setrobust, (pthread_mutexattr_t *, int))                          \
	X(int, pthread_mutexattr_destroy, (pthread_mutexattr_t *))                                 \
	X(int, pthread_mutexattr_getpshared, (const pthread_mutexattr_t *, int *))                 \
	X(int, pthread_rwlockattr_getpshared, (const pthread_rwlockattr_t *, int *))               \
	X(int, pthread_mutex_init, (pthread_mutex_t *, const pthread_mutexattr_t *))               \
	X(int, pthread_mutex_lock, (pthread_mutex_t *))                                            \
	X(int, pthread_mutex_unlock, (pthread_mutex_t *))                                          \
	X(int, sigaction, (int, const struct sigaction *, struct sigaction *))

struct libc_functions {
#define X(result, name, parameters) result(*name) parameters;
	LIBC_FUNCTIONS(X)
#undef X
};

extern struct libc_functions libc HIDDEN;

void real_resolve(void);

/*
 * The functions of libc that take locks of libc's are many, and most programs call few of
 * them: each is looked up when it is called first, in the objects that were there at the
 * start and never go away.
 */
void real_find(const char *name, void *pointer);
#define REAL_FIND(name)                                                                            \
	do {                                                                                       \
		if (unlikely(!real.name))                                                          \
			real_find(#name, &real.name);                                              \
	} while (0)

static inline void real_ensure(void)
{
	if (__builtin_expect(!real.ready, 0))
		real_resolve();
}

#endif
