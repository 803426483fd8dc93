/*
 * Blocks of threads are claimed here and given back, and THREAD records are written. A new
 * thread costs one claim of a block and one lock of its robust mutex.
 */
#include "state/thread.h"
#include "base/process.h"
#include "base/real.h"
#include "common/arch/arch.h"
#include "common/raw.h"
#include "log/log.h"
#include <linux/futex.h>
#include <linux/prctl.h>
#include <string.h>

#define SLABS 1024

/* Deeper stacks are read by system call: no thread's own stack is smaller. */
#define PLAIN_DEPTH (64 * 1024)

__thread struct thread *thread_self __attribute__((tls_model("initial-exec")));
__thread uint64_t thread_mark __attribute__((tls_model("initial-exec")));

/* Where there are few threads, as in most children: one mapping less to copy, and the page
 * of the table of the others is not touched. */
static struct thread first_slab[SLAB_THREADS];
/* Not between that and the process' own data. */
static struct thread *_Atomic slabs[SLABS] __attribute__((section(".bss.slabs")));
AT_START static _Atomic uint32_t slab_count = 1;
/* One bit for each block of a slab that a thread has, or had. To look at the others would
 * cost every fork a page of each. The first slab's are beside what a start writes anyway. */
AT_START static _Atomic uint64_t used_in_first;
static _Atomic uint64_t used_in_others[SLABS] __attribute__((section(".bss.slabs")));
_Static_assert(SLAB_THREADS == 64, "a slab has as many blocks as a word has bits");
#define ALL_USED UINT64_MAX
/* The next slab that is mapped and not used, and in the lowest bits how many there are. */
AT_START static _Atomic uintptr_t spare_slabs;
#define SLABS_TOGETHER 16
#define SPARES_MASK    ((uintptr_t)4095)
#define SLAB_SIZE      (SLAB_THREADS * sizeof(struct thread))
_Static_assert(SLAB_SIZE % 4096 == 0, "the lowest bits of a slab's address are free");
static _Atomic uint32_t next_claim;
static _Atomic uint32_t serials;
static _Atomic uint32_t creations;
static size_t default_stack_size;

pid_t thread_kernel_tid(const struct thread *thread)
{
	return thread->kernel_tid ? thread->kernel_tid : thread_tid(thread);
}

static bool thread_has_ended(const struct thread *thread)
{
	return atomic_load(&thread->state) == THREAD_RUNNING && thread_tid(thread) < 0;
}

IN_CHILD bool thread_lives_here(const struct thread *thread)
{
	return thread->epoch == process.epoch && atomic_load(&thread->state) != THREAD_FREE &&
	       !thread_has_ended(thread);
}

bool thread_is_lost(const struct thread *thread)
{
	return thread->epoch != process.epoch && atomic_load(&thread->state) != THREAD_FREE &&
	       !thread_has_ended(thread);
}

bool thread_ended_before(const struct thread *thread)
{
	return thread->epoch != process.epoch && thread_has_ended(thread);
}

uint32_t thread_generation(void)
{
	return atomic_load(&creations);
}

IN_START uint64_t thread_layout(void)
{
	AT_START static struct session_threads where;

	if (!where.block)
		where = (struct session_threads){
			.first_slab = (uintptr_t)first_slab,
			.slabs = (uintptr_t)slabs,
			.slab_count = (uintptr_t)&slab_count,
			.used_in_first = (uintptr_t)&used_in_first,
			.used_in_others = (uintptr_t)used_in_others,
			.block = sizeof(struct thread),
			.life = offsetof(struct thread, life.__data.__lock),
			.tid = offsetof(struct thread, tid),
			.self = offsetof(struct thread, self),
			.serial = offsetof(struct thread, serial),
			.held = offsetof(struct thread, held),
			.more = offsetof(struct thread, more),
			.snapshots = offsetof(struct thread, snapshots),
			.tried = offsetof(struct thread, tried),
		};
	return (uintptr_t)&where;
}

static struct thread *block_at(uint32_t index)
{
	struct thread *slab = first_slab;

	if (index >= SLAB_THREADS)
		slab = atomic_load(&slabs[index / SLAB_THREADS % SLABS]);
	return slab ? &slab[index % SLAB_THREADS] : NULL;
}

static IN_CHILD _Atomic uint64_t *used_in(uint32_t slab)
{
	return slab ? &used_in_others[slab % SLABS] : &used_in_first;
}

static uint64_t thread_bit_of(uint32_t index)
{
	return UINT64_C(1) << index % SLAB_THREADS;
}

IN_CHILD void thread_each(bool (*visit)(struct thread *thread, void *data), void *data)
{
	uint32_t count = atomic_load(&slab_count);

	for (uint32_t slab = 0; slab < count; slab++)
		for (uint64_t used = atomic_load(used_in(slab)); used; used &= used - 1) {
			uint32_t index = slab * SLAB_THREADS + (uint32_t)__builtin_ctzll(used);
			struct thread *thread = block_at(index);

			if (thread && atomic_load(&thread->state) != THREAD_FREE &&
			    !visit(thread, data))
				return;
		}
}

bool thread_ended_here(const struct thread *thread)
{
	return thread->epoch == process.epoch && thread_has_ended(thread);
}

/* Takes a block that is free, or whose thread has ended in this process. Its bit is set
 * before the thread is made, so that a fork which leaves it behind finds it. */
static bool try_claim(uint32_t index)
{
	uint64_t bit = thread_bit_of(index);
	uint32_t state = THREAD_RUNNING;
	struct thread *thread = block_at(index);

	if (!thread)
		return false;
	if (!(atomic_load(used_in(index / SLAB_THREADS)) & bit) &&
	    !(atomic_fetch_or(used_in(index / SLAB_THREADS), bit) & bit)) {
		atomic_store(&thread->state, THREAD_CREATING);
		return true;
	}
	return thread_ended_here(thread) &&
	       atomic_compare_exchange_strong(&thread->state, &state, THREAD_CREATING);
}

static struct thread *claim_existing(void)
{
	uint32_t total = atomic_load(&slab_count) * SLAB_THREADS;
	uint32_t start = atomic_load(&next_claim);

	for (uint32_t i = 0; i < total; i++) {
		uint32_t index = (start + i) % total;

		if (try_claim(index)) {
			atomic_store(&next_claim, start + i + 1);
			return block_at(index);
		}
	}
	return NULL;
}

static struct thread *map_slabs(size_t count)
{
	void *slabs_here =
		raw_mmap(count * SLAB_SIZE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

	return slabs_here == MAP_FAILED ? NULL : slabs_here;
}

/* One that was mapped with others: each mapping costs a fork. */
static struct thread *take_spare_slab(void)
{
	uintptr_t known = atomic_load(&spare_slabs);

	while (known & SPARES_MASK)
		if (atomic_compare_exchange_weak(&spare_slabs, &known, known + SLAB_SIZE - 1))
			return (struct thread *)(known & ~SPARES_MASK);
	return NULL;
}

static struct thread *make_slab(void)
{
	struct thread *slab = take_spare_slab();
	uintptr_t none = atomic_load(&spare_slabs), others;

	if (slab)
		return slab;
	slab = map_slabs(SLABS_TOGETHER);
	if (!slab)
		return map_slabs(1);
	others = (uintptr_t)slab + SLAB_SIZE;
	/* Another thread may have been faster. */
	if (none & SPARES_MASK ||
	    !atomic_compare_exchange_strong(&spare_slabs, &none, others + SLABS_TOGETHER - 1))
		raw_munmap((void *)others, (SLABS_TOGETHER - 1) * SLAB_SIZE);
	return slab;
}

/* Adds a slab and claims its first block. */
static struct thread *claim_new_slab(void)
{
	struct thread *slab = make_slab();
	uint32_t index;

	if (!slab)
		return NULL;
	atomic_store(&slab->state, THREAD_CREATING);
	index = atomic_fetch_add(&slab_count, 1);
	if (index >= SLABS) {
		atomic_fetch_sub(&slab_count, 1);
		raw_munmap(slab, SLAB_SIZE);
		return NULL;
	}
	atomic_fetch_or(used_in(index), 1);
	atomic_store(&slabs[index], slab);
	atomic_store(&next_claim, index * SLAB_THREADS + 1);
	return slab;
}

static void clear_block(struct thread *thread)
{
	held_clear_more(thread);
	memset(&thread->epoch, 0, offsetof(struct thread, held) - offsetof(struct thread, epoch));
	memset(&thread->held, 0, sizeof(thread->held));
	for (size_t i = 0; i < SNAPSHOTS; i++)
		thread->snapshots[i].length = 0;
}

static void take_life(struct thread *thread);

/* The thread that survived a fork, and creates another now. */
static void end_solitude(struct thread *thread)
{
	thread->is_alone = false;
	take_life(thread);
}

struct thread *thread_claim(void)
{
	struct thread *thread = claim_existing();

	if (!thread)
		thread = claim_new_slab();
	if (!thread) {
		atomic_fetch_add(&log_header()->counters.dropped, 1);
		return NULL;
	}
	if (thread != first_slab)
		process_make_mark();
	if (thread_self && thread_self->is_alone)
		end_solitude(thread_self);
	/* A block that nobody had is zero: clearing it would make a page of memory of
	 * each of its pages, for every fork to copy. */
	if (thread->serial)
		clear_block(thread);
	thread->epoch = process.epoch;
	thread->born_in = process.serial;
	thread->serial = atomic_fetch_add(&serials, 1) + 1;
	atomic_fetch_add(&creations, 1);
	return thread;
}

/* The bit goes last: then the block is anybody's. */
static void release(struct thread *thread, uint32_t index)
{
	atomic_store(&thread->state, THREAD_FREE);
	atomic_fetch_and(used_in(index / SLAB_THREADS), ~thread_bit_of(index));
}

static uint32_t index_of(const struct thread *thread)
{
	for (uint32_t slab = 0; slab < atomic_load(&slab_count); slab++) {
		const struct thread *first = block_at(slab * SLAB_THREADS);

		if (first && thread >= first && thread < first + SLAB_THREADS)
			return slab * SLAB_THREADS + (uint32_t)(thread - first);
	}
	return 0;
}

void thread_give_back(struct thread *thread)
{
	release(thread, index_of(thread));
}

/* A task is listed for a while after its thread has ended: until then its block says that
 * it is known. */
static bool thread_is_gone(const struct thread *thread)
{
	return raw_syscall(SYS_tgkill, raw_getpid(), thread->life.__data.__owner, 0) == -ESRCH;
}

static void sweep_slab(uint32_t slab)
{
	for (uint64_t used = atomic_load(used_in(slab)); used; used &= used - 1) {
		uint32_t index = slab * SLAB_THREADS + (uint32_t)__builtin_ctzll(used);
		uint32_t running = THREAD_RUNNING;
		struct thread *thread = block_at(index);

		/* Further tables stay with their block. */
		if (thread && thread_ended_here(thread) && !atomic_load(&thread->more) &&
		    thread_is_gone(thread) &&
		    atomic_compare_exchange_strong(&thread->state, &running, THREAD_CREATING))
			release(thread, index);
	}
}

/* Takes all blocks of a slab, so that nobody else does; false: some are used. */
static bool close_slab(uint32_t slab)
{
	uint64_t none = 0;

	return slab < atomic_load(&slab_count) && block_at(slab * SLAB_THREADS) &&
	       atomic_compare_exchange_strong(used_in(slab), &none, ALL_USED);
}

/*
 * Mapped anew in its place, in one step, with those that lie behind it: what was never
 * written to costs a fork nothing. With MADV_DONTNEED, or one by one, the tables of its
 * pages would stay, and be copied.
 */
static uint32_t renew_slabs(uint32_t first)
{
	const struct thread *start = block_at(first * SLAB_THREADS);
	uint32_t end = first + 1;

	while (block_at(end * SLAB_THREADS) == start + (size_t)(end - first) * SLAB_THREADS &&
	       close_slab(end))
		end++;
	raw_syscall(SYS_mmap, start, (end - first) * SLAB_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	for (uint32_t slab = first; slab < end; slab++)
		atomic_store(used_in(slab), 0);
	return end;
}

COLD void thread_sweep(void)
{
	uint32_t count = atomic_load(&slab_count);

	if (process.is_filtered)
		return;
	for (uint32_t slab = 0; slab < count; slab++)
		sweep_slab(slab);
	for (uint32_t slab = 1; slab < count;)
		slab = close_slab(slab) ? renew_slabs(slab) : slab + 1;
}

IN_CHILD void thread_renew_fast(struct thread *thread)
{
	held_set_open(&thread->held,
		      !process.inherits && !thread->fork_depth && !process.is_scheduled);
	thread_mark = (uint64_t)(thread->serial & OBJECT_SERIAL) << OBJECT_THREAD |
		      (process.inherits ? OBJECT_IN_CHILD : 0);
}

/* From here to its end the thread owns the robust mutex of its block. By libc's own
 * functions: a sanitizer's would watch a lock that its program knows nothing of. */
static void take_life(struct thread *thread)
{
	pthread_mutexattr_t attributes;

	libc.pthread_mutexattr_init(&attributes);
	libc.pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	libc.pthread_mutex_init(&thread->life, &attributes);
	libc.pthread_mutexattr_destroy(&attributes);
	libc.pthread_mutex_lock(&thread->life);
	thread->tid = thread_tid(thread);
}

static bool replace_lost(struct thread *thread, void *data)
{
	const struct thread *newcomer = data;

	if (thread_is_lost(thread) && pthread_equal(thread->self, newcomer->self))
		thread->is_replaced = true;
	return true;
}

/* Says so without the lock: nobody will notice the end. */
static IN_CHILD void note_life(struct thread *thread)
{
	__atomic_store_n(&thread->life.__data.__lock, thread->tid, __ATOMIC_RELEASE);
	__atomic_store_n(&thread->life.__data.__owner, thread->tid, __ATOMIC_RELEASE);
}

void thread_attach(struct thread *thread, uintptr_t stack_top, size_t stack_size)
{
	size_t plain = stack_size < PLAIN_DEPTH ? stack_size : PLAIN_DEPTH;

	thread->self = libc.pthread_self();
	/* libc gives the memory of a thread that is not there to the next one. */
	if (unlikely(process.inherits))
		thread_each(replace_lost, thread);
	thread->start_ns = time_now();
	thread->stack_top = stack_top;
	thread->stack_low = stack_top - plain;
	take_life(thread);
	atomic_store(&thread->state, THREAD_RUNNING);
	held_attach(&thread->held);
	thread_self = thread;
	moments_attach(thread);
	thread_renew_fast(thread);
}

/* A thread that came to be without pthread_create: its stack is not known. */
static COLD struct thread *attach_unknown(void)
{
	int saved = errno;
	struct thread *thread = process.active ? thread_claim() : NULL;

	if (thread) {
		thread_attach(thread, 0, 0);
		thread->stack_low = UINTPTR_MAX;
	}
	errno = saved;
	return thread;
}

void thread_detach(struct thread *thread)
{
	thread->has_returned = true;
	held_detach(&thread->held);
}

IN_CHILD struct thread *thread_known(void)
{
	return thread_self;
}

/* One function, of the fork floor; at the start, there is no child to be told of. */
AT_START static void (*tell_of_new_process)(struct thread *thread);

IN_START void thread_on_new_process(void (*tell)(struct thread *thread))
{
	tell_of_new_process = tell;
}

struct thread *thread_current(void)
{
	struct thread *thread = likely(thread_self != NULL) ? thread_self : attach_unknown();

	if (unlikely(process_is_new()) && thread)
		tell_of_new_process(thread);
	return thread;
}

static void read_default_stack_size(void)
{
	struct rlimit limit;

	default_stack_size = ARCH_UNLIMITED_STACK;
	if (!raw_getrlimit(RLIMIT_STACK, &limit) && limit.rlim_cur != RLIM_INFINITY)
		default_stack_size = limit.rlim_cur;
}

size_t thread_default_stack_size(void)
{
	return default_stack_size;
}

void thread_start_main(uintptr_t stack_top)
{
	struct thread *thread;

	read_default_stack_size();
	thread = thread_claim();
	if (!thread)
		return;
	thread->flags = THREAD_MAIN;
	thread_attach(thread, stack_top, PLAIN_DEPTH);
	raw_syscall(SYS_prctl, PR_GET_NAME, thread->name);
}

/*
 * It is the only one: whether it lives is not asked. So its `life` only gets the new id,
 * and is not locked until there is another thread (thread_claim): that is a page of libc's code
 * which most children never come to. libc's list of robust mutexes is empty by now.
 */
IN_CHILD void thread_in_child(struct thread *thread)
{
	thread->epoch = process.epoch;
	thread->kernel_tid = 0;
	thread->is_alone = !process.is_filtered;
	if (!thread->is_alone) {
		take_life(thread);
	} else {
		thread->tid = raw_getpid();
		note_life(thread);
	}
	thread_self = thread;
}

pid_t thread_id_in_locks(void)
{
	pthread_mutex_t probe = PTHREAD_MUTEX_INITIALIZER;
	pid_t owner;

	libc.pthread_mutex_lock(&probe);
	owner = probe.__data.__owner;
	libc.pthread_mutex_unlock(&probe);
	return owner;
}

/* libc's list of robust mutexes was not renewed, and the kernel does not know
 * it: `life` stays in it as it is, under the id that libc goes on with. */
void thread_in_raw_child(struct thread *thread)
{
	thread->epoch = process.epoch;
	thread->tid = thread_id_in_locks();
	thread->kernel_tid = process.pid;
	note_life(thread);
	thread_self = thread;
}

void thread_name(struct thread *thread, const char *name)
{
	strncpy(thread->name, name, sizeof(thread->name) - 1);
}

static uint64_t name_hash(const struct thread *thread)
{
	return hash_bytes(HASH_SEED, thread->name, sizeof(thread->name));
}

static session_reference write_thread(uint64_t hash, const struct record_thread *facts)
{
	struct intern_place place;
	session_reference reference = log_find(hash, &place);
	struct record_thread *record;

	if (reference)
		return reference;
	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return 0;
	memcpy((char *)record + sizeof(record->record), (const char *)facts + sizeof(facts->record),
	       sizeof(*facts) - sizeof(facts->record));
	log_commit(record, RECORD_THREAD);
	log_publish(&place, reference);
	return reference;
}

static kept_fact keep_thread(uint64_t hash, const struct record_thread *facts)
{
	struct kept_place place;
	kept_fact fact = kept_find(hash, &place);
	struct record_thread *record;

	if (fact)
		return fact;
	record = kept_claim(&place, sizeof(*record), &fact);
	if (!record)
		return 0;
	memcpy((char *)record + sizeof(record->record), (const char *)facts + sizeof(facts->record),
	       sizeof(*facts) - sizeof(facts->record));
	kept_commit(&place, record, RECORD_THREAD, fact);
	return fact;
}

/* What it refers to is kept. Returns the hash of its identity. */
static uint64_t thread_describe(const struct thread *thread, struct record_thread *record)
{
	pid_t tid = thread_tid(thread);
	struct record_thread facts = {
		.born_in = thread->born_in,
		.serial = thread->serial,
		.tid = tid,
		.flags = thread->flags,
		.self = (uint64_t)thread->self,
		.start_routine = (uintptr_t)(thread->start_c11 ? (void *)thread->start_c11
							       : (void *)thread->start),
		.start_ns = thread->start_ns,
		.creator = thread->creator,
		.created_at = thread->created_at,
		.created_python = thread->created_python,
	};
	uint64_t hash = hash_mix(HASH_SEED, RECORD_THREAD);

	if (atomic_load(&thread->state) == THREAD_CREATING)
		facts.flags |= THREAD_STARTING;
	memcpy(facts.name, thread->name, sizeof(facts.name));
	memcpy(facts.python_name, thread->python_name, sizeof(facts.python_name));
	facts.name[sizeof(facts.name) - 1] = '\0';
	hash = hash_mix(hash, (uint64_t)thread->born_in << 32 | thread->serial);
	/* A thread that forked has a new id in the child. */
	*record = facts;
	return hash_mix(hash_mix(hash, (uint64_t)(uint32_t)tid << 32 | facts.flags),
			name_hash(thread));
}

kept_fact thread_keep(struct thread *thread)
{
	struct record_thread facts;
	uint64_t hash = thread_describe(thread, &facts);

	return keep_thread(hash, &facts);
}

session_reference thread_record(struct thread *thread)
{
	struct record_thread facts;
	uint64_t hash = thread_describe(thread, &facts);

	facts.created_at = kept_reference(facts.created_at);
	facts.created_python = kept_reference(facts.created_python);
	return write_thread(hash, &facts);
}

session_reference thread_record_unseen(pid_t tid, uint32_t process_serial)
{
	struct record_thread facts = {
		.born_in = process_serial, .tid = tid, .flags = THREAD_UNSEEN};
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_THREAD), process_serial);

	return write_thread(hash_mix(hash, (uint32_t)tid), &facts);
}
