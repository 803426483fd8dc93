/*
 * The hooks of functions of libc that take a lock of its own (common/region_functions.h) note
 * that a thread is inside. Entering costs a few stores to the thread's own block: random() and
 * localtime_r() are called in loops, dl_iterate_phdr() while an exception is thrown. A
 * function that is left by longjmp, an exception or cancellation leaves its entry open; the
 * next call takes the entry over, and a fork child asks the stack whether it still holds.
 */
#include "base/process.h"
#include "base/real.h"
#include "record/generators.h"
#include "record/region_entries.h"
#include "state/schedule.h"
#include "state/thread.h"
#include <stdarg.h>

/* In the frame of the wrapper: its registers are the ones to unwind from. */
static inline __attribute__((always_inline)) struct region_slot *libc_locks_enter(
	enum region region, struct call_site site)
{
	struct thread *thread = thread_self;
	struct region_slot *slot;

	if (unlikely(!thread)) {
		real_ensure();
		return NULL;
	}
	slot = &thread->regions[region];
	if (unlikely(slot->since || !(thread->regions_used & region_bit(region)) ||
		     slot->closed < held_slow_before ||
		     process.orphaned_regions & region_bit(region))) {
		slot = region_open(thread, region, site);
		if (!slot)
			return NULL;
	}
	CAPTURE_REGISTERS(&slot->registers);
	slot->site = site.address;
	slot->sp = site.sp;
	atomic_thread_fence(memory_order_release);
	slot->since = time_coarse();
	schedule_acquired(thread, (const void *)(uintptr_t)region, LOCK_REGION, false, site);
	return slot;
}

static inline __attribute__((always_inline)) void libc_locks_leave(struct region_slot **place)
{
	struct region_slot *slot = *place;

	if (!slot)
		return;
	slot->since = 0;
	slot->closed = held_closing;
	if (unlikely(slot->wait))
		region_wait_ended(slot);
}

#define INSIDE(region)                                                                             \
	__attribute__((cleanup(libc_locks_leave))) struct region_slot *inside =                    \
		libc_locks_enter(REGION_##region, CALL_SITE());                                    \
	(void)inside

/* libc exports more of them than it declares. */
#define X(region, result, name, parameters, arguments)                                             \
	result name parameters;                                                                    \
	EXPORT result name parameters                                                              \
	{                                                                                          \
		INSIDE(region);                                                                    \
		REAL_FIND(name);                                                                   \
		return real.name arguments;                                                        \
	}
REGION_FUNCTIONS(X)
#undef X

/* How many of its characters are `mark`, where all others are digits of that base; else -1. */
static int marks_among_digits(const char *text, char mark, int base)
{
	int marks = 0;

	for (; *text; text++) {
		char letter = (char)(*text | ' ');
		bool is_digit = (*text >= '0' && *text <= '9') ||
				(base == 16 && ((letter >= 'a' && letter <= 'f') || *text == '.'));

		if (*text != mark && !is_digit)
			return -1;
		marks += *text == mark;
	}
	return marks;
}

/* What else looks like an address is looked up as a name. */
static bool is_address(const char *name)
{
	return marks_among_digits(name, '.', 10) == 3 || marks_among_digits(name, ':', 16) >= 2;
}

/*
 * Of 3,000 children, forked beside three threads that asked for "127.0.0.1" or "::1" all the time,
 * none hung; with AI_ADDRCONFIG, which is the default, and for "localhost", three of the first few
 * did (glibc 2.36).
 */
static bool getaddrinfo_is_numeric(const char *name, const char *service,
				   const struct addrinfo *hints, struct addrinfo **result)
{
	(void)result;
	return name && hints && !(hints->ai_flags & (AI_ADDRCONFIG | AI_IDN)) && is_address(name) &&
	       (!service || marks_among_digits(service, '\0', 10) == 0);
}

static bool getnameinfo_is_numeric(const struct sockaddr *address, socklen_t size, char *host,
				   socklen_t host_size, char *service, socklen_t service_size,
				   int flags)
{
	(void)address, (void)size, (void)host_size, (void)service_size;
	return (!host || flags & NI_NUMERICHOST) && (!service || flags & NI_NUMERICSERV);
}

#define X(region, result, name, parameters, arguments)                                             \
	result name parameters;                                                                    \
	EXPORT result name parameters                                                              \
	{                                                                                          \
		REAL_FIND(name);                                                                   \
		if (name##_is_numeric arguments)                                                   \
			return real.name arguments;                                                \
		INSIDE(region);                                                                    \
		return real.name arguments;                                                        \
	}
NAME_LOOKUPS(X)
#undef X

#define X(region, result, name, parameters, arguments)                                             \
	EXPORT result name parameters                                                              \
	{                                                                                          \
		random_draw(COPIED_RANDOM);                                                        \
		INSIDE(region);                                                                    \
		REAL_FIND(name);                                                                   \
		return real.name arguments;                                                        \
	}
RANDOM_DRAWS(X)
#undef X

#define X(region, result, name, parameters, arguments)                                             \
	EXPORT result name parameters                                                              \
	{                                                                                          \
		SEEDING(COPIED_RANDOM);                                                            \
		INSIDE(region);                                                                    \
		REAL_FIND(name);                                                                   \
		return real.name arguments;                                                        \
	}
RANDOM_SEEDS(X)
#undef X

EXPORT void syslog(int priority, const char *format, ...)
{
	INSIDE(SYSLOG);
	va_list list;

	REAL_FIND(vsyslog);
	va_start(list, format);
	real.vsyslog(priority, format, list);
	va_end(list);
}

/* What syslog() becomes with _FORTIFY_SOURCE. */
void __syslog_chk(int priority, int flag, const char *format, ...);

EXPORT void __syslog_chk(int priority, int flag, const char *format, ...)
{
	INSIDE(SYSLOG);
	va_list list;

	REAL_FIND(__vsyslog_chk);
	va_start(list, format);
	real.__vsyslog_chk(priority, flag, format, list);
	va_end(list);
}

EXPORT _Noreturn void exit(int status)
{
	INSIDE(EXIT);
	real.exit(status);
	__builtin_unreachable();
}
