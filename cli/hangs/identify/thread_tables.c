/*
 * The tables of held locks of a living process are read from the outside; no byte of them is
 * trusted.
 */
#include "thread_tables.h"
#include "process/stop.h"
#include "wakeup_sources.h"
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>

/* More than any version of the shim has. */
#define SLABS_MAX 4096u
#define BLOCK_MAX 65536u

static bool thread_tables_read_all(pid_t pid, uint64_t address, void *to, size_t size)
{
	return stop_read(pid, address, to, size) == size;
}

static bool thread_tables_is_inside(const struct session_threads *where, uint32_t offset,
				    size_t size)
{
	return offset <= where->block && size <= where->block - offset;
}

static bool thread_tables_is_sane(const struct session_threads *where)
{
	return where->block && where->block <= BLOCK_MAX &&
	       thread_tables_is_inside(where, where->life, sizeof(uint32_t)) &&
	       thread_tables_is_inside(where, where->tid, sizeof(uint32_t)) &&
	       thread_tables_is_inside(where, where->self, sizeof(uint64_t)) &&
	       thread_tables_is_inside(where, where->serial, sizeof(uint32_t)) &&
	       thread_tables_is_inside(where, where->held, sizeof(struct held_table)) &&
	       thread_tables_is_inside(where, where->more, sizeof(uint64_t)) &&
	       thread_tables_is_inside(where, where->snapshots,
				       SNAPSHOTS * sizeof(struct snapshot)) &&
	       thread_tables_is_inside(where, where->tried, sizeof(struct tried_lock));
}

/* The life word has the thread's id while it lives; the one that survived a fork has none yet. */
static bool read_thread(const struct thread_tables *tables, uint64_t block,
			struct table_thread *thread)
{
	const struct session_threads *where = &tables->where;
	uint32_t life;

	thread->block = block;
	if (!thread_tables_read_all(tables->pid, block + where->life, &life, sizeof(life)) ||
	    life & FUTEX_OWNER_DIED ||
	    !thread_tables_read_all(tables->pid, block + where->tid, &thread->tid,
				    sizeof(thread->tid)) ||
	    !thread_tables_read_all(tables->pid, block + where->self, &thread->self,
				    sizeof(thread->self)) ||
	    !thread_tables_read_all(tables->pid, block + where->serial, &thread->serial,
				    sizeof(thread->serial)))
		return false;
	if (life & FUTEX_TID_MASK)
		thread->tid = (pid_t)(life & FUTEX_TID_MASK);
	return thread->tid > 0;
}

static void add_slab(struct thread_tables *tables, uint64_t slab, uint64_t used)
{
	for (; slab && used && tables->count < TASKS_MAX; used &= used - 1) {
		uint64_t index = (uint64_t)__builtin_ctzll(used);

		tables->count += read_thread(tables, slab + index * tables->where.block,
					     &tables->threads[tables->count]);
	}
}

static void add_other_slab(struct thread_tables *tables, uint64_t index)
{
	const struct session_threads *where = &tables->where;
	uint64_t slab = 0, used = 0;

	if (thread_tables_read_all(tables->pid, where->slabs + index * sizeof(slab), &slab,
				   sizeof(slab)) &&
	    thread_tables_read_all(tables->pid, where->used_in_others + index * sizeof(used), &used,
				   sizeof(used)))
		add_slab(tables, slab, used);
}

bool thread_tables_read(struct thread_tables *tables, const struct process_facts *process,
			pid_t pid)
{
	struct private_facts facts;
	uint32_t slabs = 0;
	uint64_t used = 0;

	tables->pid = pid;
	tables->count = 0;
	if (!process || !wakeup_read_facts(process, pid, &facts) || !facts.threads ||
	    !thread_tables_read_all(pid, facts.threads, &tables->where, sizeof(tables->where)) ||
	    !thread_tables_is_sane(&tables->where) ||
	    !thread_tables_read_all(pid, tables->where.slab_count, &slabs, sizeof(slabs)) ||
	    !thread_tables_read_all(pid, tables->where.used_in_first, &used, sizeof(used)))
		return false;
	add_slab(tables, tables->where.first_slab, used);
	for (uint32_t i = 1; i < slabs && i < SLABS_MAX; i++)
		add_other_slab(tables, i);
	return true;
}

const struct table_thread *thread_tables_find(const struct thread_tables *tables, pid_t tid)
{
	for (size_t i = 0; i < tables->count; i++)
		if (tables->threads[i].tid == tid)
			return &tables->threads[i];
	return NULL;
}

const struct table_thread *thread_tables_find_self(const struct thread_tables *tables,
						   uint64_t self)
{
	for (size_t i = 0; i < tables->count; i++)
		if (tables->threads[i].self == self)
			return &tables->threads[i];
	return NULL;
}

uint64_t thread_tables_self_of(const struct process_facts *process, pid_t pid, pid_t tid)
{
	struct thread_tables *tables = malloc(sizeof(*tables));
	const struct table_thread *thread = NULL;
	uint64_t self = 0;

	if (tables && thread_tables_read(tables, process, pid))
		thread = thread_tables_find(tables, procfs_inner_tid(pid, tid));
	if (thread)
		self = thread->self;
	free(tables);
	return self;
}

/* --- locks ----------------------------------------------------------------------- */

static bool is_open_for(const struct held_slot *slot, uint64_t lock)
{
	return since_is_open(slot->since) && (slot->lock & ~SLOT_BITS) == lock;
}

static bool thread_tables_find_in(const struct held_table *table, const struct held_slot *fast,
				  uint64_t lock, struct table_claim *claim)
{
	for (size_t i = 0; i < HELD_SLOTS; i++) {
		const struct held_slot *slot =
			i < HELD_FAST ? &fast[i] : &table->slots[i - HELD_FAST];

		if (!(table->used >> i & 1) || !is_open_for(slot, lock))
			continue;
		*claim = (struct table_claim){
			.lock = lock,
			.kind = table->kinds[i],
			.flags = table->flags[i],
			.depth = table->depths[i],
			.site = (uintptr_t)slot->site,
			.site_sp = (uintptr_t)slot->sp,
			.since_ns = slot->since,
		};
		return true;
	}
	return false;
}

static bool find_in_table(pid_t pid, uint64_t address, struct held_table *table, uint64_t lock,
			  struct table_claim *claim)
{
	struct held_slot fast[HELD_FAST] = {0};

	if (!thread_tables_read_all(pid, address, table, sizeof(*table)) || !table->used)
		return false;
	if (!thread_tables_read_all(pid, (uintptr_t)table->fast, fast, sizeof(fast)))
		memset(fast, 0, sizeof(fast));
	return thread_tables_find_in(table, fast, lock, claim);
}

bool thread_tables_find_claim(const struct thread_tables *tables, const struct table_thread *thread,
			      uint64_t lock, struct table_claim *claim)
{
	static struct held_table table;
	uint64_t more = 0;

	if (find_in_table(tables->pid, thread->block + tables->where.held, &table, lock, claim))
		return true;
	if (!thread_tables_read_all(tables->pid, thread->block + tables->where.more, &more,
				    sizeof(more)) ||
	    !more)
		return false;
	for (size_t i = 0; i < HELD_MORE; i++)
		if (find_in_table(tables->pid, more + i * sizeof(table), &table, lock, claim))
			return true;
	return false;
}

bool thread_tables_find_snapshot(const struct thread_tables *tables,
				 const struct table_thread *thread, const struct table_claim *claim,
				 struct snapshot *snapshot)
{
	uint64_t first = thread->block + tables->where.snapshots;

	for (size_t i = 0; i < SNAPSHOTS; i++)
		if (thread_tables_read_all(tables->pid, first + i * sizeof(*snapshot), snapshot,
					   sizeof(*snapshot)) &&
		    snapshot->length && snapshot->length <= sizeof(snapshot->bytes) &&
		    (uintptr_t)snapshot->site == claim->site &&
		    (uintptr_t)snapshot->sp == claim->site_sp)
			return true;
	return false;
}

bool thread_tables_find_tried(const struct thread_tables *tables, const struct table_thread *thread,
			      struct tried_lock *tried)
{
	return thread_tables_read_all(tables->pid, thread->block + tables->where.tried, tried,
				      sizeof(*tried)) &&
	       tried->lock && tried->kind && tried->kind < LOCK_KINDS;
}
