/*
 * The frames of an interpreter are read from outside, where the process' own notes say that it
 * is. Nothing of what is read is trusted: see shim/common/python/cpython.h.
 */
#include "python_state.h"
#include "interpreter_symbols.h"
#include "process/stop.h"
#include "shim/common/python/cpython.h"
#include <stdio.h>
#include <string.h>

struct outside_memory {
	struct python_memory memory;
	pid_t pid;
};

static bool read_outside(const struct python_memory *memory, void *to, uint64_t address,
			 size_t length)
{
	const struct outside_memory *outside = (const struct outside_memory *)memory;

	return stop_read(outside->pid, address, to, length) == length;
}

static session_reference append_code(struct writer *writer, uint32_t image,
				     const struct python_code *code)
{
	struct record_python_code record = {
		.image = image,
		.file_length = (uint16_t)code->file_length,
		.function_length = (uint16_t)code->function_length,
	};
	char text[SESSION_PYTHON_FILE + SESSION_PYTHON_FUNCTION];

	memcpy(text, code->file, code->file_length);
	memcpy(text + code->file_length, code->function, code->function_length);
	return writer_append(writer, RECORD_PYTHON_CODE, &record, sizeof(record), text,
			     code->file_length + code->function_length);
}

static struct python_frame append_frame(struct writer *writer, uint32_t image,
					const struct python_walk *walk,
					const struct python_found *found, uint64_t sp)
{
	uint64_t depth = found->call - sp;
	struct python_frame frame = {0};
	struct python_code code;

	if (found->call > sp && depth <= UINT32_MAX)
		frame.depth = (uint32_t)depth;
	if (!python_read_code(walk, found->code, &code))
		return frame;
	frame.line = python_find_line(walk, &code, found->instruction);
	frame.code = append_code(writer, image, &code);
	return frame;
}

session_reference python_record(struct writer *writer, const struct process_facts *process,
				pid_t pid, uint64_t self, uint64_t sp)
{
	struct outside_memory outside = {{.read = read_outside}, pid};
	struct python_interpreter interpreter;
	struct python_walk walk = {.memory = &outside.memory, .interpreter = &interpreter};
	struct python_frame frames[SESSION_PYTHON_FRAMES];
	struct record_python record = {.image = process->image};
	enum python_status status;

	if (!python_interpreter_of(process, pid, &interpreter))
		return 0;
	status = python_find_layout(&walk);
	if (status == PYTHON_READ)
		status = python_walk_thread(&walk, self);
	if (status == PYTHON_NO_THREAD)
		return 0;
	for (uint32_t i = 0; i < walk.count; i++)
		frames[i] = append_frame(writer, process->image, &walk, &walk.frames[i], sp);
	record.status = status;
	record.version = interpreter.version;
	record.runtime = interpreter.runtime;
	record.is_truncated = walk.truncated;
	record.count = walk.count;
	return writer_append(writer, RECORD_PYTHON, &record, sizeof(record), frames,
			     walk.count * sizeof(*frames));
}

bool python_find_lock(const struct process_facts *process, pid_t pid, const struct task_look *task,
		      struct parked *parked)
{
	struct outside_memory outside = {{.read = read_outside}, pid};
	struct python_interpreter interpreter;
	uint64_t waited = task->arguments[0];

	memset(parked, 0, sizeof(*parked));
	return python_interpreter_of(process, pid, &interpreter) &&
	       (parked_read(&outside.memory, &interpreter, waited, parked) ||
		parked_read_recursive(&outside.memory, &interpreter, waited, task->sp, parked) ||
		/* The shim knows who used a semaphore. */
		(process->is_outside &&
		 parked_read_owned(&outside.memory, &interpreter, waited, task->sp, parked)));
}

bool python_find_mutex(const struct process_facts *process, pid_t pid, const struct task_look *task,
		       struct parked *parked)
{
	struct outside_memory outside = {{.read = read_outside}, pid};
	struct python_interpreter interpreter;

	memset(parked, 0, sizeof(*parked));
	return python_interpreter_of(process, pid, &interpreter) &&
	       parked_read(&outside.memory, &interpreter, task->arguments[0], parked);
}

bool python_find_plain_lock(const struct process_facts *process, pid_t pid,
			    const struct task_look *task, struct parked *parked)
{
	struct outside_memory outside = {{.read = read_outside}, pid};
	struct python_interpreter interpreter;

	memset(parked, 0, sizeof(*parked));
	return python_interpreter_of(process, pid, &interpreter) &&
	       parked_read_plain(&outside.memory, &interpreter, task->arguments[0], task->sp,
				 parked);
}

bool python_is_waiting_room(const char *file, size_t length)
{
	static const char *const rooms[] = {"/threading.py", "/queue.py"};

	for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms); i++) {
		size_t end = strlen(rooms[i]);

		if (length >= end && memcmp(file + length - end, rooms[i], end) == 0)
			return true;
	}
	return false;
}

static bool python_state_ends_with(const char *text, size_t length, const char *end)
{
	size_t size = strlen(end);

	return length >= size && memcmp(text + length - size, end, size) == 0;
}

/* Condition.wait(), and who waits for a module that another thread imports. */
static bool awaits_notice(const struct python_code *code)
{
	if (python_is_waiting_room(code->file, code->file_length))
		return python_state_ends_with(code->function, code->function_length, "wait");
	return python_state_ends_with(code->file, code->file_length, "importlib._bootstrap>") &&
	       python_state_ends_with(code->function, code->function_length, "acquire");
}

bool python_find_place(const struct process_facts *process, pid_t pid, uint64_t self,
		       struct python_place *place)
{
	struct outside_memory outside = {{.read = read_outside}, pid};
	struct python_interpreter interpreter;
	struct python_walk walk = {.memory = &outside.memory, .interpreter = &interpreter};
	struct python_code code;

	*place = (struct python_place){.awaits_notice = false};
	if (!self || !python_interpreter_of(process, pid, &interpreter) ||
	    python_find_layout(&walk) != PYTHON_READ ||
	    python_walk_thread(&walk, self) != PYTHON_READ)
		return false;
	for (uint32_t i = 0; i < walk.count; i++) {
		if (!python_read_code(&walk, walk.frames[i].code, &code))
			return false;
		if (i == 0)
			place->awaits_notice = awaits_notice(&code);
		if (python_is_waiting_room(code.file, code.file_length))
			continue;
		snprintf(place->file, sizeof(place->file), "%.*s", (int)code.file_length,
			 code.file);
		return true;
	}
	return false;
}

bool python_any_file(const struct process_facts *process, pid_t pid, uint64_t self,
		     bool (*is_it)(const char *file, size_t length, void *data), void *data)
{
	struct outside_memory outside = {{.read = read_outside}, pid};
	struct python_interpreter interpreter;
	struct python_walk walk = {.memory = &outside.memory, .interpreter = &interpreter};
	struct python_code code;
	bool any = false;

	if (!self || !python_interpreter_of(process, pid, &interpreter) ||
	    python_find_layout(&walk) != PYTHON_READ ||
	    python_walk_thread(&walk, self) != PYTHON_READ)
		return false;
	for (uint32_t i = 0; i < walk.count && !any; i++)
		any = python_read_code(&walk, walk.frames[i].code, &code) &&
		      is_it(code.file, code.file_length, data);
	return any;
}
