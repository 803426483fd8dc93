/*
 * Who this process is, is filled in here, and its entry in the process table. This runs in the
 * constructor, and in fork children while they are alone.
 */
#include "fork/identity.h"
#include "base/process.h"
#include "common/raw.h"
#include "log/log.h"
#include "record/private_facts.h"

void identity_start(void)
{
	process.pid = raw_getpid();
	process.parent_pid = (pid_t)raw_syscall(SYS_getppid);
	process.serial = atomic_fetch_add(&log_header()->next_process, 1) + 1;
	process.image = process.serial;
	process.kind = BIRTH_IMAGE;
	process.birth_ns = time_now();
	process.private_facts = facts_address();
}

void identity_register(void)
{
	struct session_birth birth = {
		.time_ns = process.birth_ns,
		.process = process.serial,
		.image = process.image,
		.pid = process.pid,
		.kind = BIRTH_IMAGE,
		.private_facts = process.private_facts,
	};

	process.birth_index = log_birth_reserve();
	log_birth_fill(process.birth_index, &birth);
}

static IN_CHILD void take_identity(struct thread *survivor)
{
	if (survivor->fork.is_raw) {
		/* Behind a filter it stays unknown: nobody will take it for another's. */
		process.pid = process.is_filtered ? 0 : raw_getpid();
		thread_in_raw_child(survivor);
	} else {
		thread_in_child(survivor);
		process.pid = thread_tid(survivor);
	}
}

IN_CHILD void identity_in_child(struct thread *survivor, const struct inventory *inventory)
{
	if (!inventory->keeps_id)
		process.former_tids[process.former_count++ % FORMER_TIDS] = thread_tid(survivor);
	process.parent_pid = process.pid;
	process.parent = inventory->parent;
	process.serial = survivor->fork.child;
	process.birth_index = survivor->fork.birth;
	process.kind = BIRTH_CHILD;
	process.fork = inventory->fork;
	process.born_by = survivor->fork.fact;
	/* The parent's, from just before: the clock would cost the child a page fault. */
	process.birth_ns = survivor->fork.ns;
	process.lost = inventory->lost + process.unseen_count;
	atomic_store(&process.recorded, false);
	process.forks[process.epoch % FORMER_FORKS] = inventory->fork;
	process.epoch++;
	take_identity(survivor);
}

void identity_register_child(void)
{
	struct session_birth birth = {
		.time_ns = process.birth_ns,
		.process = process.serial,
		.parent = process.parent,
		.image = process.image,
		.pid = process.pid,
		.fork = process.fork,
		.kind = BIRTH_CHILD,
		.lost = process.lost,
		.private_facts = process.private_facts,
	};

	process.birth_index = log_birth_reserve();
	log_birth_fill(process.birth_index, &birth);
	atomic_fetch_add(&log_header()->counters.forks, 1);
	if (process.fork)
		atomic_fetch_add(&((struct record *)log_record(process.fork))->count, 1);
}
