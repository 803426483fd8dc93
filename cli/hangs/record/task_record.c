/*
 * A task is asked what it does: registers by holding it for a millisecond, its stack from memory.
 * One that is in a call which a stop would end is not held: /proc says where it is, but for the
 * frame pointer, which is looked for (hangs/identify/frame_base.c).
 */
#include "task_record.h"
#include "hang_record.h"
#include "hangs/identify/frame_base.h"
#include "hangs/identify/python_state.h"
#include "process/stop.h"

static void record_stack(const struct task_question *question, const struct task_look *task,
			 struct record_task *record)
{
	const struct process_facts *process = model_facts(question->model, question->serial);
	struct stack_registers registers = {.pc = task->pc, .sp = task->sp};
	struct stopped stopped = {.count = 0};
	struct held_task held;
	uint64_t self = 0;

	if (stop_task(&stopped, question->pid, question->look, task) == STOP_HELD &&
	    stopped.count && stop_registers(&stopped, task->tid, &registers)) {
		self = stop_thread_pointer(question->pid, task->tid);
	} else if (task->in_call) {
		record->flags |= TASK_PARTIAL;
		frame_base_find(model_space(question->model, question->serial), question->pid,
				&registers);
	}
	if (self || task->in_call) {
		held = hang_task(process, question->pid, self);
		record->stack = hang_record_stack(question->writer, &held, &registers);
	}
	if (process && self)
		record->python =
			python_record(question->writer, process, question->pid, self, registers.sp);
	stop_release(&stopped);
}

static uint32_t flags_of(const struct task_question *question, const struct task_look *task)
{
	bool is_timed = procfs_is_futex_wait(task) && !procfs_is_untimed_futex_wait(task);

	return (task->in_call ? 0 : TASK_RUNNING) | (is_timed ? TASK_TIMED : 0) |
	       (question->has_rested ? TASK_AT_REST : 0);
}

void task_record(const struct task_question *question, const struct task_look *task)
{
	struct record_task record = {
		.serial = question->serial,
		.tid = procfs_shown_tid(question->pid, task->tid),
		.flags = flags_of(question, task),
		.call = task->in_call ? (int32_t)task->number : -1,
		.address = task->in_call ? task->arguments[0] : 0,
	};

	procfs_name(question->pid, task->tid, record.name, sizeof(record.name));
	/* A debugger's, or a stopped one, is left alone. */
	if (!question->look->held && task->state != 'T' && task->state != 't')
		record_stack(question, task, &record);
	writer_append(question->writer, RECORD_TASK, &record, sizeof(record), NULL, 0);
}
