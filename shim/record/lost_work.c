/*
 * LOST_WORK records are written here, when a child ends or calls exec, of what it gave to lost
 * threads. Which objects these waited for is asked of their blocks when the child first uses any
 * such object: most children use none. Gives come in any thread and in signal handlers.
 *
 * A semaphore tells whether its work was taken: whoever does so is seen. Behind a condition
 * variable there is a queue that nobody sees, and a mutex that whoever empties it takes. So the
 * giver's last acquisition of that mutex must still be the one of the giving, and no other thread
 * of the child may have had it. What is in a queue of Python's is counted.
 */
#include "record/lost_work.h"
#include "base/mappings.h"
#include "common/glibc/semaphore.h"
#include "log/log.h"
#include "record/python_frames.h"
#include "state/capture.h"
#include "state/held.h"

/* Objects that lost threads waited for. */
#define HANDOVERS 256
#define PROBES    8
/* Of one object's lost threads, in a record. */
#define WAITERS_RECORDED 16

enum handover_state {
	AWAITED, /* nothing was given */
	GIVEN,
	BUSY, /* being filled in */
	OVER, /* somebody of this process uses it, or it was made anew, or the record is written */
};

/* An acquisition of a mutex. */
struct acquisition {
	const void *site, *sp;
};

struct handover {
	const void *_Atomic object;
	uint32_t process; /* serial of the one that it is about */
	_Atomic uint32_t state;
	const void *mutex;
	enum lock_kind kind;
	uint32_t flags, given, value; /* of a semaphore, before the first give */
	kept_fact stack, python;      /* of the first give */
	struct python_queue queue;    /* of Python's, that it was put into */
	struct thread *giver;         /* the last one */
	struct acquisition acquired;  /* of the mutex, by it */
};
static struct handover handovers[HANDOVERS];

/* The serial of the process whose objects are in the table, and whether all of them are. */
#define TABLE_STATES 2
enum table_state { TABLE_BEGUN = 1, TABLE_READY };
AT_START static _Atomic uint64_t table_of;
AT_START static _Atomic uint32_t table_count;
/* The process in which something was not noted, or found no room. */
AT_START static _Atomic uint32_t unsure_in;

static uint64_t table_word(enum table_state state)
{
	return (uint64_t)process.serial << TABLE_STATES | state;
}

static struct handover *handover_place(const void *object, uint32_t probe)
{
	uint32_t first = (uint32_t)(hash_mix(HASH_SEED, (uintptr_t)object) >> 40);

	return &handovers[(first + probe) % HANDOVERS];
}

static bool is_of_this_process(const struct handover *handover)
{
	return handover->process == process.serial;
}

static struct handover *handover_find(const void *object)
{
	for (uint32_t probe = 0; probe < PROBES; probe++) {
		struct handover *handover = handover_place(object, probe);

		if (is_of_this_process(handover) && atomic_load(&handover->object) == object)
			return handover;
	}
	return NULL;
}

static void handover_add(struct awaited awaited)
{
	for (uint32_t probe = 0; probe < PROBES; probe++) {
		struct handover *handover = handover_place(awaited.object, probe);

		if (is_of_this_process(handover))
			continue;
		*handover = (struct handover){.process = process.serial, .mutex = awaited.mutex};
		atomic_store(&handover->object, awaited.object);
		atomic_fetch_add(&table_count, 1);
		return;
	}
	atomic_store(&unsure_in, process.serial);
}

static bool add_awaited(struct thread *thread, void *data)
{
	struct awaited awaited = thread_awaited(thread);

	(void)data;
	if (awaited.object && thread_is_lost(thread) && !handover_find(awaited.object))
		handover_add(awaited);
	return true;
}

static COLD bool table_make(uint64_t state)
{
	if (!process.fork ||
	    !atomic_compare_exchange_strong(&table_of, &state, table_word(TABLE_BEGUN))) {
		atomic_store(&unsure_in, process.serial);
		return false;
	}
	atomic_store(&table_count, 0);
	thread_each(add_awaited, NULL);
	atomic_store(&table_of, table_word(TABLE_READY));
	return true;
}

/* NULL: no lost thread waited for it. */
static struct handover *handover_of(const void *object)
{
	uint64_t state = atomic_load(&table_of);

	if (state == table_word(TABLE_BEGUN)) {
		/* By another thread, or by what this signal handler interrupted. */
		atomic_store(&unsure_in, process.serial);
		return NULL;
	}
	if (state != table_word(TABLE_READY) && !table_make(state))
		return NULL;
	return atomic_load_explicit(&table_count, memory_order_relaxed) ? handover_find(object)
									: NULL;
}

COLD void lost_work_taken(const void *object)
{
	struct handover *handover = handover_of(object);

	if (handover)
		atomic_store(&handover->state, OVER);
}

static bool forget_awaited(struct thread *thread, void *data)
{
	if (thread_awaited(thread).object == data && thread_is_lost(thread))
		thread_await(thread, NULL, NULL);
	return true;
}

/* Also for the children of this one. */
COLD void lost_work_remade(const void *object)
{
	struct handover *handover = handover_of(object);

	if (!handover)
		return;
	atomic_store(&handover->state, OVER);
	thread_each(forget_awaited, (void *)object);
}

struct giver_search {
	const void *object;
	uint64_t serial;
	bool waits;
};

static bool search_giver(struct thread *thread, void *data)
{
	struct giver_search *search = data;

	if ((thread->serial & OBJECT_SERIAL) == search->serial && thread_is_lost(thread) &&
	    thread_awaited(thread).object == search->object)
		search->waits = true;
	return !search->waits;
}

COLD void lost_work_given_before(const void *object, uint64_t gave)
{
	struct handover *handover = handover_of(object);
	struct giver_search search = {.object = object,
				      .serial = gave >> OBJECT_THREAD & OBJECT_SERIAL};

	if (!gave || !handover || atomic_load(&handover->state) != AWAITED)
		return;
	thread_each(search_giver, &search);
	if (search.waits)
		atomic_store(&handover->state, OVER);
}

/* --- what is given -------------------------------------------------------------- */

/* By the object's own bytes; it was not overwritten, and no other process waits for it. */
static bool lost_threads_wait(const void *object, enum lock_kind kind)
{
	const struct glibc_semaphore *semaphore = object;
	const pthread_cond_t *condition = object;
	unsigned waiters;

	if (kind == LOCK_SEMAPHORE)
		return !semaphore->is_shared && glibc_semaphore_load(object).waiters;
	waiters = __atomic_load_n(&condition->__data.__wrefs, __ATOMIC_RELAXED);
	return !(waiters & 1) && waiters >> 3;
}

static struct acquisition acquisition_of(struct thread *thread, const void *mutex)
{
	const struct held_slot *slot = mutex ? held_last(thread, mutex) : NULL;

	return slot ? (struct acquisition){slot->site, slot->sp} : (struct acquisition){NULL, NULL};
}

static void handover_begin(struct handover *handover, struct thread *thread, const void *object,
			   enum lock_kind kind)
{
	handover->kind = kind;
	handover->value = kind == LOCK_SEMAPHORE ? glibc_semaphore_load(object).value : 0;
	handover->stack = capture_keep(thread);
	handover->python = python_capture(thread, thread->capture_sp);
	if (handover->python && python_queue_of(thread, object, &handover->queue))
		handover->flags |= LOST_WORK_IN_QUEUE;
}

static void handover_give(struct handover *handover, struct thread *thread, const void *object,
			  enum lock_kind kind, bool to_all)
{
	if (!handover->given++)
		handover_begin(handover, thread, object, kind);
	if (to_all)
		handover->flags |= LOST_WORK_TO_ALL;
	handover->giver = thread;
	handover->acquired = acquisition_of(thread, handover->mutex);
}

static void lost_work_note(struct thread *thread, const void *object, enum lock_kind kind,
			   bool to_all)
{
	struct handover *handover = handover_of(object);
	uint32_t state, busy = BUSY;

	if (!handover)
		return;
	state = atomic_load(&handover->state);
	if (state == OVER || state == BUSY ||
	    !atomic_compare_exchange_strong(&handover->state, &state, BUSY))
		return;
	if (lost_threads_wait(object, kind)) {
		handover_give(handover, thread, object, kind, to_all);
		atomic_compare_exchange_strong(&handover->state, &busy, GIVEN);
	} else {
		atomic_compare_exchange_strong(&handover->state, &busy, OVER);
	}
}

COLD void lost_work_given(const void *object, enum lock_kind kind, bool to_all)
{
	struct thread *thread = thread_known();
	int saved = errno;

	/* A handler of fork() repairs what the lost threads left. */
	if (thread && !thread->fork_depth)
		lost_work_note(thread, object, kind, to_all);
	errno = saved;
}

/* --- the end --------------------------------------------------------------------- */

struct served_search {
	const struct handover *handover;
	uint32_t living; /* threads of this process, beside the one that came by the fork */
	bool is_served;  /* one of them had the mutex */
};

static bool search_server(struct thread *thread, void *data)
{
	struct served_search *search = data;

	if (thread->epoch != process.epoch || atomic_load(&thread->state) == THREAD_FREE)
		return true;
	search->living += thread->born_in == process.serial && thread_lives_here(thread);
	if (thread != search->handover->giver && search->handover->mutex &&
	    held_last(thread, search->handover->mutex))
		search->is_served = true;
	return true;
}

static uint32_t threads_created(void)
{
	return thread_generation() - ((struct record_fork *)log_record(process.fork))->generation;
}

/* Might somebody of this process have emptied the queue behind a condition variable? */
static bool is_queue_served(const struct handover *handover)
{
	struct acquisition last = acquisition_of(handover->giver, handover->mutex);
	struct served_search search = {.handover = handover};

	if (!last.site || last.site != handover->acquired.site || last.sp != handover->acquired.sp)
		return true;
	thread_each(search_server, &search);
	return search.is_served || threads_created() > search.living;
}

/* How much of what was given to a semaphore is still there. */
static uint32_t left_in_semaphore(const struct handover *handover)
{
	struct glibc_semaphore state;

	if (memory_read(&state, atomic_load(&handover->object), sizeof(state)) != sizeof(state) ||
	    !state.waiters || state.value <= handover->value)
		return 0;
	return state.value - handover->value;
}

/* 0: somebody may have taken it. */
static uint32_t count_lost_work(const struct handover *handover)
{
	if (handover->kind == LOCK_CONDITION)
		return is_queue_served(handover) ? 0 : handover->given;
	if (handover->flags & LOST_WORK_IN_QUEUE)
		return (uint32_t)python_queue_left(&handover->queue);
	/* A lock that belongs to something of which nothing is known. */
	if (handover->python && threads_created())
		return 0;
	return left_in_semaphore(handover);
}

/* Forks from the same line are one: with other threads they have FORK records of their own. */
static session_reference lost_work_known(const struct handover *handover,
					 struct intern_place *place)
{
	const struct record_fork *fork = log_record(process.fork);
	uint64_t hash = hash_mix(HASH_SEED, RECORD_LOST_WORK);

	hash = hash_mix(hash, (uint64_t)process.image << 32 | fork->stack);
	hash = hash_mix(hash, kept_identity(handover->stack));
	hash = hash_mix(hash, kept_identity(handover->python));
	return log_find(hash_mix(hash, (uint64_t)handover->kind << 32 | handover->flags), place);
}

struct waiters {
	const void *object;
	uint32_t count;
	session_reference threads[WAITERS_RECORDED];
};

static bool add_waiter(struct thread *thread, void *data)
{
	struct waiters *waiters = data;

	if (!thread_is_lost(thread) || thread_awaited(thread).object != waiters->object)
		return true;
	if (waiters->count < WAITERS_RECORDED)
		waiters->threads[waiters->count] = thread_record(thread);
	waiters->count++;
	return true;
}

static session_reference lost_work_append(const struct handover *handover, uint32_t given)
{
	struct waiters waiters = {.object = atomic_load(&handover->object)};
	session_reference reference, who = thread_record(handover->giver);
	session_reference stack = kept_reference(handover->stack);
	session_reference python = kept_reference(handover->python);
	struct record_lost_work *record;
	uint32_t count;

	thread_each(add_waiter, &waiters);
	count = waiters.count < WAITERS_RECORDED ? waiters.count : WAITERS_RECORDED;
	record = log_claim(sizeof(*record) + count * sizeof(*record->threads), &reference);
	if (!record)
		return 0;
	record->fork = process.fork;
	record->thread = who;
	record->stack = stack;
	record->python = python;
	record->object = (uintptr_t)waiters.object;
	record->kind = handover->kind;
	record->flags = handover->flags;
	record->tid = thread_kernel_tid(handover->giver);
	record->given = given;
	record->waiters = waiters.count;
	record->count = count;
	for (uint32_t i = 0; i < count; i++)
		record->threads[i] = waiters.threads[i];
	log_commit(record, RECORD_LOST_WORK);
	return reference;
}

static void lost_work_write(const struct handover *handover)
{
	uint32_t given = count_lost_work(handover);
	struct intern_place place;
	session_reference reference;

	/* The parent may serve what it sees, too. */
	if (!given || lost_work_known(handover, &place) ||
	    maps_look_up(atomic_load(&handover->object)).kind == MEMORY_SHARED)
		return;
	reference = lost_work_append(handover, given);
	if (reference)
		log_publish(&place, reference);
}

static COLD void lost_work_write_all(void)
{
	int saved = errno;

	for (uint32_t i = 0; i < HANDOVERS; i++) {
		struct handover *handover = &handovers[i];
		uint32_t given = GIVEN;

		if (is_of_this_process(handover) &&
		    atomic_compare_exchange_strong(&handover->state, &given, OVER))
			lost_work_write(handover);
	}
	errno = saved;
}

IN_CHILD void lost_work_at_end(void)
{
	/* A vfork child ends in its parent's memory. */
	if (process.inherits && atomic_load(&table_of) == table_word(TABLE_READY) &&
	    atomic_load(&table_count) && atomic_load(&unsure_in) != process.serial &&
	    process_is_own())
		lost_work_write_all();
}
