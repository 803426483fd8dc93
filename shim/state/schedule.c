/*
 * A forking thread and a thread that it is to lose meet here, in runs of --confirm. One word says
 * how far they are: nobody is wanted, a fork waits, a thread stays; its upper bits count the
 * forks, so that nobody takes a later one for its own. Any of them may be interrupted by a signal
 * handler that forks or takes locks itself: it finds the word taken, and goes on.
 */
#include "state/schedule.h"
#include "base/real.h"
#include "common/raw.h"
#include "log/log.h"
#include <time.h>

enum { NOBODY, WANTED, STAYS, STATES };

#define MS UINT64_C(1000000)
/* Forks of one line that wait in vain, one after the other, before its forks wait no more. */
#define VAIN_MAX 8
#define LINES    64
/* How far forks are moved about, and how many of a process. */
#define JITTER_MS 20
#define MOVED_MAX 200
/*
 * Before any fork waits a thread stays in a section now and then, for a fork that may come: one
 * that only answers the forking thread is inside at no other time, and nor is one that needs
 * what that has at its fork (an interpreter's lock). In later runs for longer; this is how long
 * in one process.
 */
#define STRETCH_MS     10
#define STRETCH_MS_MAX 100
#define STRETCHED_MS   3000
/* Calls of libc between two looks at whether the clone is done. */
#define REGION_CALLS 64
/* How long a clone takes, where none was seen yet. */
#define CLONE_US 200

static _Atomic uint32_t phase;
static struct thread *_Atomic waiter; /* whose fork it is */
static struct thread *_Atomic forker; /* who forked last */
static struct thread
	*_Atomic unfit; /* who stayed, and no clone came: it may have what that needs */
static _Atomic uint32_t moved, drawn;
static _Atomic uint64_t stretched_ns;
static _Atomic bool is_released_early; /* who stays */
static _Atomic uint64_t clone_began, clone_ns = CLONE_US * (MS / 1000);

AT_START static struct schedule_switch interpreter;

/* Where the sections are in this process; 0: the file is not mapped. */
static struct place {
	_Atomic uintptr_t site;
	_Atomic uintptr_t lock; /* 0: any, or not known */
	_Atomic bool is_met;
} places[SCHEDULE_SECTIONS];

/* Forks from one line, by the STACK that they are kept with. */
static struct line {
	_Atomic uint32_t stack;
	_Atomic uint32_t vain;
} lines[LINES];

/* The program can write to it: what is a number in there is bounded where it is used. */
static struct session_schedule *plan(void)
{
	return &log_header()->schedule;
}

static uint32_t section_count(void)
{
	uint32_t count = plan()->count;

	return count < SCHEDULE_SECTIONS ? count : SCHEDULE_SECTIONS;
}

static uint64_t bound_ns(void)
{
	uint32_t bound = plan()->bound_ms;

	return (bound < 1000 ? bound : 1000) * MS;
}

IN_START void schedule_start(void)
{
	uint32_t mode = plan()->mode;

	process.is_scheduled = mode == SCHEDULE_JITTER || mode == SCHEDULE_FORCE;
}

IN_START void schedule_switch_by(struct schedule_switch functions)
{
	interpreter = functions;
}

COLD void schedule_meet_module(uint64_t key, uintptr_t bias)
{
	const struct session_section *sections = plan()->sections;

	for (uint32_t i = 0; i < section_count(); i++) {
		if (sections[i].kind == LOCK_REGION)
			atomic_store(&places[i].lock, (uintptr_t)sections[i].lock_offset);
		if (sections[i].module == key)
			atomic_store(&places[i].site, bias + sections[i].offset);
		if (sections[i].lock_module == key)
			atomic_store(&places[i].lock, bias + sections[i].lock_offset);
	}
}

/* Another number at each call, and in each run. */
static uint32_t draw(uint32_t below)
{
	uint64_t number = atomic_fetch_add_explicit(&drawn, 1, memory_order_relaxed);

	/* Twice: a step only moves bits upwards, and the last ones are asked for. */
	number = hash_mix(hash_mix(plan()->seed ^ process.serial, number), number);
	return below ? (uint32_t)(number >> 33) % below : 0;
}

/* Waits while the word is what it was, but not beyond a time. */
static void wait_until(_Atomic uint32_t *word, uint32_t value, uint64_t end)
{
	uint64_t now = time_now();

	while (now < end && atomic_load(word) == value) {
		uint64_t left = end - now;
		struct timespec limit = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};

		raw_syscall(SYS_futex, word, FUTEX_WAIT, value, &limit);
		now = time_now();
	}
}

static void stay_away(uint64_t ns)
{
	static _Atomic uint32_t nothing;

	wait_until(&nothing, 0, time_now() + ns);
}

static bool schedule_count_if_alive(struct thread *thread, void *data)
{
	if (thread_lives_here(thread))
		++*(uint32_t *)data;
	return *(uint32_t *)data < 2;
}

static bool schedule_has_others(void)
{
	uint32_t alive = 0;

	thread_each(schedule_count_if_alive, &alive);
	return alive > 1;
}

/* Behind a filter of system calls nothing is asked of the kernel, and without a clock of its
 * own a wait would have no certain end. */
static bool may_wait(void)
{
	return !process.is_filtered && !process.is_timeless && schedule_has_others();
}

/* --- the fork ----------------------------------------------------------------- */

static bool has_places(void)
{
	for (uint32_t i = 0; i < section_count(); i++)
		if (atomic_load_explicit(&places[i].site, memory_order_relaxed))
			return true;
	return false;
}

/* NULL: there are too many. */
static struct line *find_line(uint32_t stack)
{
	for (uint32_t i = 0; i < LINES; i++) {
		struct line *line = &lines[(stack + i) % LINES];
		uint32_t free = 0;

		if (atomic_load(&line->stack) == stack ||
		    atomic_compare_exchange_strong(&line->stack, &free, stack) || free == stack)
			return line;
	}
	return NULL;
}

static void move_fork(void)
{
	if (atomic_fetch_add(&moved, 1) >= MOVED_MAX)
		return;
	atomic_fetch_add(&plan()->moved, 1);
	stay_away(draw(JITTER_MS * 1000) * (MS / 1000));
}

/* False: another fork waits, or is being made. */
static bool want(struct thread *thread, uint32_t *word)
{
	uint32_t before = atomic_load(&phase);

	if (before % STATES != NOBODY)
		return false;
	*word = (before / STATES + 1) % (UINT32_MAX / STATES) * STATES + WANTED;
	if (!atomic_compare_exchange_strong(&phase, &before, *word))
		return false;
	atomic_store(&waiter, thread);
	raw_futex_wake(&phase, INT32_MAX);
	return true;
}

/* True: a thread is inside. */
static bool wait_for_thread(uint32_t wanted)
{
	uint32_t word = wanted;

	atomic_fetch_add(&plan()->waits, 1);
	wait_until(&phase, wanted, time_now() + bound_ns());
	/* Too late for who comes now. */
	return !atomic_compare_exchange_strong(&phase, &word, wanted - WANTED + NOBODY) &&
	       word == wanted - WANTED + STAYS;
}

static void force_fork(struct thread *thread, struct line *line)
{
	uint32_t wanted;

	if (!want(thread, &wanted))
		return;
	/* Until the clone is made with a thread inside it is in vain. */
	atomic_fetch_add(&line->vain, 1);
	if (wait_for_thread(wanted))
		atomic_fetch_add(&plan()->reached, 1);
}

COLD void schedule_wait(struct thread *thread)
{
	struct line *line;

	atomic_store(&forker, thread);
	/* In one that a signal handler makes within another the word is taken. */
	if (thread->fork_depth > 1 || !may_wait())
		return;
	line = has_places() ? find_line(thread->fork.stack) : NULL;
	if (line && atomic_load(&line->vain) < VAIN_MAX)
		force_fork(thread, line);
	else
		move_fork();
}

static void open_phase(void)
{
	uint32_t word = atomic_load(&phase);

	if (word % STATES == NOBODY)
		return;
	if (atomic_compare_exchange_strong(&phase, &word, word - word % STATES) &&
	    !process.is_filtered)
		raw_futex_wake(&phase, INT32_MAX);
}

COLD void schedule_let_go(struct thread *thread)
{
	uint64_t began = atomic_exchange(&clone_began, 0);

	if (atomic_load(&waiter) != thread)
		return;
	if (began)
		atomic_store(&clone_ns, time_now() - began);
	atomic_store(&waiter, NULL);
	open_phase();
}

COLD void schedule_release(struct thread *thread)
{
	struct line *line;

	if (atomic_load(&waiter) != thread || atomic_load(&phase) % STATES != STAYS)
		return;
	line = find_line(thread->fork.stack);
	if (line)
		atomic_store(&line->vain, 0);
	if (atomic_load(&is_released_early))
		open_phase();
	atomic_store(&clone_began, time_now());
}

COLD void schedule_reset(void)
{
	atomic_store(&waiter, NULL);
	atomic_store(&phase, 0);
}

/* --- the thread that it is to lose ---------------------------------------------- */

/* SCHEDULE_SECTIONS: it is none of the sections. */
static uint32_t schedule_find_section(const void *lock, enum lock_kind kind, struct call_site site)
{
	const struct session_section *sections = plan()->sections;
	uint32_t count = section_count();

	for (uint32_t i = 0; i < count; i++) {
		uintptr_t known = atomic_load_explicit(&places[i].lock, memory_order_relaxed);

		if (atomic_load_explicit(&places[i].site, memory_order_relaxed) ==
			    (uintptr_t)site.address &&
		    sections[i].kind == (uint32_t)kind && (!known || known == (uintptr_t)lock))
			return i;
	}
	return SCHEDULE_SECTIONS;
}

/* A thread that stays, and until when at most. */
struct visit {
	uint32_t stays;
	uint64_t end;
};

static bool goes_on(const struct visit *visit)
{
	return atomic_load(&phase) == visit->stays && time_now() < visit->end;
}

static int stay_in_callback(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct visit *visit = data;

	(void)info;
	(void)size;
	wait_until(&phase, visit->stays, visit->end);
	return 1;
}

static void call_region(enum region region, struct visit *visit)
{
	const time_t no_time = 0;
	struct tm tm;

	switch (region) {
	case REGION_TIME_ZONE:
		real.gmtime_r(&no_time, &tm);
		break;
	case REGION_ENVIRONMENT:
		real.unsetenv("FORKCHECK_NO_SUCH_VARIABLE");
		break;
	case REGION_SYSLOG:
		real.setlogmask(0);
		break;
	case REGION_RANDOM:
		real.setstate(NULL); /* which is refused, with the lock had */
		break;
	default:
		real.dl_iterate_phdr(stay_in_callback, visit);
		break;
	}
}

static bool find_call(enum region region)
{
	switch (region) {
	case REGION_TIME_ZONE:
		REAL_FIND(gmtime_r);
		return true;
	case REGION_ENVIRONMENT:
		REAL_FIND(unsetenv);
		return true;
	case REGION_SYSLOG:
		REAL_FIND(setlogmask);
		return true;
	case REGION_RANDOM:
		REAL_FIND(setstate);
		return true;
	case REGION_LOADER:
		REAL_FIND(dl_iterate_phdr);
		return true;
	default:
		return false;
	}
}

/* The memory is copied at some moment of the clone. */
static void linger(void)
{
	uint64_t most = atomic_load(&clone_ns), end = time_now();

	if (most >= MS / 1000)
		end += draw((uint32_t)((most < 10 * MS ? most : 10 * MS) / (MS / 1000))) *
		       (MS / 1000);
	while (time_now() < end)
		;
}

/*
 * Libc's own lock cannot be kept. Where libc has a function that takes it and changes nothing,
 * that is called again and again, and the lock is taken most of the time. Else the thread goes
 * into its own call just before the clone.
 */
static void stay_in_region(enum region region, struct visit visit)
{
	if (find_call(region)) {
		while (goes_on(&visit))
			for (int i = 0; i < REGION_CALLS; i++)
				call_region(region, &visit);
	} else {
		/* Who sleeps needs longer to wake than a clone takes. */
		while (goes_on(&visit))
			;
		linger();
	}
}

static bool goes_early(const void *lock, uint32_t section)
{
	enum region region = (enum region)(uintptr_t)lock;

	return plan()->sections[section].kind == LOCK_REGION && region != REGION_TIME_ZONE &&
	       region != REGION_ENVIRONMENT && region != REGION_SYSLOG && region != REGION_RANDOM &&
	       region != REGION_LOADER;
}

static void stay(struct thread *thread, const void *lock, uint32_t section, uint32_t wanted)
{
	uint32_t word = wanted, stays = wanted - WANTED + STAYS;
	uint64_t end = time_now() + bound_ns();

	if (!atomic_compare_exchange_strong(&phase, &word, stays))
		return;
	atomic_store(&is_released_early, goes_early(lock, section));
	atomic_fetch_add(&plan()->sections[section].reached, 1);
	raw_futex_wake(&phase, INT32_MAX);
	if (plan()->sections[section].kind == LOCK_REGION)
		stay_in_region((enum region)(uintptr_t)lock, (struct visit){stays, end});
	else
		wait_until(&phase, stays, end);
	if (atomic_load(&phase) == stays)
		atomic_store(&unfit, thread);
}

/* A line that takes many locks, in a library that wraps them, is tried with another one each
 * time: the first that comes by may be always the wrong one. So may a thread be. */
static bool is_passed_over(const struct thread *thread, uint32_t section)
{
	if (atomic_load(&unfit) == thread && draw(4))
		return true;
	return plan()->run > 1 && !atomic_load(&places[section].lock) && draw(2);
}

static uint64_t most_ns(void)
{
	uint32_t most = STRETCH_MS * plan()->run;

	return (most < STRETCH_MS_MAX ? most : STRETCH_MS_MAX) * MS;
}

/*
 * How long a thread stays though no fork waits; 0: not at all. Some come by once in their life,
 * and long before the fork: in every other run the first one stays as long as it may.
 */
static uint64_t choose_stretch(uint32_t section)
{
	if (!atomic_exchange(&places[section].is_met, true) && plan()->run % 2 == 0)
		return most_ns();
	return draw(2) ? 0 : draw((uint32_t)(most_ns() / (MS / 1000))) * (MS / 1000);
}

static bool may_stretch(const struct thread *thread, uint32_t section)
{
	return plan()->sections[section].kind != LOCK_REGION && !process.inherits &&
	       atomic_load(&forker) != thread && atomic_load(&stretched_ns) < STRETCHED_MS * MS &&
	       may_wait();
}

/* True: a fork has come, and waits. */
static bool stretch(uint32_t nobody, uint64_t ns)
{
	uint64_t start = time_now();

	atomic_fetch_add(&plan()->stretched, 1);
	wait_until(&phase, nobody, start + ns);
	atomic_fetch_add(&stretched_ns, time_now() - start);
	return atomic_load(&phase) == nobody - NOBODY + STATES + WANTED;
}

static void meet_section(struct thread *thread, const void *lock, uint32_t section, uint32_t word,
			 uint64_t stretch_ns)
{
	if (word % STATES == NOBODY && stretch(word, stretch_ns))
		word = word - NOBODY + STATES + WANTED;
	if (word % STATES == WANTED)
		stay(thread, lock, section, word);
}

/* `stretch_ns`: how long it stays where no fork waits yet. */
static bool may_meet(const struct thread *thread, uint32_t section, uint32_t word,
		     uint64_t *stretch_ns)
{
	*stretch_ns = 0;
	if (word % STATES == NOBODY && may_stretch(thread, section))
		*stretch_ns = choose_stretch(section);
	return *stretch_ns || (word % STATES == WANTED && !is_passed_over(thread, section));
}

COLD void schedule_meet(struct thread *thread, const void *lock, enum lock_kind kind, bool is_tried,
			struct call_site site)
{
	uint32_t section, word;
	uint64_t stretch_ns;
	void *given;

	if (plan()->mode != SCHEDULE_FORCE || thread->fork_depth || process.is_filtered ||
	    process.is_timeless)
		return;
	section = schedule_find_section(lock, kind, site);
	word = atomic_load(&phase);
	if (section == SCHEDULE_SECTIONS || !may_meet(thread, section, word, &stretch_ns))
		return;
	given = interpreter.let_go(thread, lock, kind, is_tried);
	meet_section(thread, lock, section, word, stretch_ns);
	if (given)
		interpreter.take_back(given);
}
