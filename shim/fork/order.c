/*
 * This file alone knows who comes before whom at a start, around a fork, at an exec and at the
 * end. A module that has to do with a fork has a function for each moment that concerns it,
 * named after it: MODULE_start, MODULE_before_fork, MODULE_in_child, MODULE_at_end. They run
 * from here, in the thread that forks; fork_scope.c says when, and announces a fork anew that
 * another one has interrupted.
 */
#include "fork/order.h"
#include "base/environ.h"
#include "base/process.h"
#include "fork/announcement.h"
#include "fork/identity.h"
#include "fork/inventory.h"
#include "fork/orphans.h"
#include "fork/population.h"
#include "log/log.h"
#include "record/crash.h"
#include "record/cuts.h"
#include "record/generators.h"
#include "record/loaded_interpreter.h"
#include "record/lost_work.h"
#include "record/ownerless.h"
#include "record/private_facts.h"
#include "record/python_gil.h"
#include "record/python_output.h"
#include "record/region_entries.h"
#include "record/shared_descriptors.h"
#include "record/shares.h"
#include "record/stdio_output.h"
#include "record/taken.h"
#include "state/capture.h"
#include "state/go_runtime.h"
#include "state/modules.h"
#include "state/schedule.h"

IN_START void order_start(const char *session, char **environment)
{
	time_start(log_header());
	schedule_start();
	identity_start();
	environ_start(session);
	modules_start(environment);
	facts_start(objects_address());
	interpreter_start();
	schedule_switch_by((struct schedule_switch){python_gil_let_go, python_gil_take_back});
	if (go_runtime_start())
		facts_note_go(go_runtime_known());
	random_start();
	process.active = true;
	/* The kernel lays the environment out above the first frame of main's stack. */
	thread_start_main((uintptr_t)environment);
	facts_note_threads(thread_layout());
}

void order_at_entry(void)
{
	/* Should a handler never come back, its library has a name. */
	modules_sync();
	interpreter_renew();
	if (go_runtime_renew())
		facts_note_go(go_runtime_known());
}

void order_before_fork(struct thread *thread)
{
	/* First: whether others live decides what may be looked at plainly. */
	population_before_fork(thread);
	output_before_fork(thread);
	python_output_before_fork(thread);
	announcement_before_fork(thread);
	/* Last: what the handlers took is around the clone. */
	cuts_before_fork(thread);
	schedule_before_clone(thread);
}

void order_in_parent(struct thread *thread)
{
	schedule_in_parent(thread);
	random_after_fork();
	shared_in_parent();
}

IN_CHILD void order_in_child(struct thread *survivor)
{
	struct inventory inventory;

	process.is_starting = true;
	schedule_in_child();
	/* Whoever was at something in the parent is not here: nothing is taken. */
	orphans_in_child();
	taken_in_child();
	capture_in_child();
	interpreter_in_child();
	go_runtime_in_child();
	inventory_in_child(&inventory, survivor);
	/* Most never were inside, and its code is a page fault away. */
	if (inventory.regions)
		regions_in_child(survivor, inventory.fork, inventory.lost > 0);
	inventory_of_survivor(&inventory);
	cuts_in_child(survivor);
	/* Up to here this was the parent, as the records say it. */
	identity_in_child(survivor, &inventory);
	facts_in_child();
	process_in_child();
	output_in_child();
	python_output_in_child();
	random_after_fork();
	shared_in_child();
	if (survivor->fork.bears_itself)
		identity_register_child();
	if (inventory.held)
		log_birth_mark(process.birth_index, BIRTH_INHERITED);
	thread_renew_fast(survivor);
	if (inventory.lost || process.unseen_count)
		crash_in_child();
	process.is_starting = false;
}

static void add_to_execs(uint32_t difference)
{
	if (process.fork)
		atomic_fetch_add(&((struct record_fork *)log_record(process.fork))->execs,
				 difference);
}

void order_at_exec(void)
{
	output_at_end(false);
	lost_work_at_end();
	add_to_execs(1);
	log_birth_execed(process.birth_index, process.pid);
}

void order_after_failed_exec(void)
{
	add_to_execs((uint32_t)-1);
	log_birth_unmark(process.birth_index, BIRTH_EXECED);
}

IN_CHILD void order_at_end(bool flushes)
{
	orphans_at_end();
	lost_work_at_end();
	shares_at_end();
	output_at_end(flushes);
}
