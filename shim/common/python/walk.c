/*
 * The frames of one Python thread are found from _PyRuntime on. Lists are walked while others
 * may change them: every step is read anew, counted, and checked.
 */
#include "cpython.h"
#include <string.h>

#define INTERPRETERS_MAX 16
/* Thread states of all of them; each whose frames are walked counts for WALK_COST. */
#define THREADS_MAX 4096
#define WALK_COST   64
/* Frames that stand for C calls come between the others, at most one each. */
#define STEPS_MAX   (2 * SESSION_PYTHON_FRAMES + 2)
#define FRAME_BYTES 128
#define CODE_BYTES  256
/* struct _object: the count of references, then the type. */
#define OBJECT_TYPE 8
/* Owners from here on: not a frame of Python code (3.12: FRAME_OWNED_BY_CSTACK). */
#define OWNED_BY_INTERPRETER 3

struct frame_view {
	uint8_t bytes[FRAME_BYTES];
};

static uint64_t word_in(const uint8_t *bytes, uint32_t offset)
{
	uint64_t value;

	memcpy(&value, bytes + offset, sizeof(value));
	return value;
}

static int32_t walk_number_in(const uint8_t *bytes, uint32_t offset)
{
	int32_t value;

	memcpy(&value, bytes + offset, sizeof(value));
	return value;
}

static uint32_t larger(uint32_t one, uint32_t other)
{
	return one > other ? one : other;
}

/* What of a frame must be read for all that is looked for in it. */
static size_t frame_extent(const struct python_layout *layout)
{
	uint32_t last = larger(larger(layout->frame_previous, layout->frame_code),
			       larger(layout->frame_instruction, layout->frame_owner));

	return last + sizeof(uint64_t);
}

static size_t code_extent(const struct python_layout *layout)
{
	uint32_t last = larger(larger(layout->code_file, layout->code_name),
			       larger(layout->code_first_line, layout->code_lines));

	return larger(last, OBJECT_TYPE) + sizeof(uint64_t);
}

static bool walk_read_frame(const struct python_walk *walk, uint64_t address,
			    struct frame_view *frame)
{
	size_t extent = frame_extent(&walk->layout);

	return extent <= sizeof(frame->bytes) &&
	       walk->memory->read(walk->memory, frame->bytes, address, extent);
}

static bool read_code_object(const struct python_walk *walk, uint64_t address,
			     uint8_t bytes[CODE_BYTES])
{
	size_t extent = code_extent(&walk->layout);

	return extent <= CODE_BYTES && walk->memory->read(walk->memory, bytes, address, extent) &&
	       word_in(bytes, OBJECT_TYPE) == walk->interpreter->code_type;
}

/* Another code object may come to lie where one was: these words tell them apart. */
static uint64_t identity_of(const struct python_layout *layout, const uint8_t *code)
{
	uint64_t identity = word_in(code, layout->code_file);

	identity = (identity ^ word_in(code, layout->code_name)) * 0xff51afd7ed558ccdu;
	return identity ^ (uint32_t)walk_number_in(code, layout->code_first_line);
}

/* Up to 3.10 a frame has the number of its instruction, since 3.11 its address. */
static int32_t instruction_of(const struct python_layout *layout, const struct frame_view *frame,
			      uint64_t code)
{
	uint64_t offset;

	if (layout->code_start) {
		offset = word_in(frame->bytes, layout->frame_instruction) - code -
			 layout->code_start;
		return (int32_t)offset;
	}
	offset = (uint64_t)walk_number_in(frame->bytes, layout->frame_instruction);
	/* 3.10 counts code units of two bytes. */
	return (int32_t)(layout->lines == PYTHON_LINES_RANGES ? 2 * offset : offset);
}

static enum python_status add_frame(struct python_walk *walk, const struct frame_view *frame,
				    uint64_t call)
{
	struct python_found *found = &walk->frames[walk->count];
	uint8_t code[CODE_BYTES];

	found->code = word_in(frame->bytes, walk->layout.frame_code) & ~PYTHON_TAGS;
	if (!read_code_object(walk, found->code, code))
		return PYTHON_DAMAGED;
	found->identity = identity_of(&walk->layout, code);
	found->instruction = instruction_of(&walk->layout, frame, found->code);
	found->call = call;
	walk->count++;
	return PYTHON_READ;
}

static bool walk_is_shim(const struct python_walk *walk, const struct frame_view *frame)
{
	return walk->layout.chain == PYTHON_FRAME_SHIMS &&
	       frame->bytes[walk->layout.frame_owner] >= OWNED_BY_INTERPRETER;
}

/* The frame that stands for a C call lies in it. */
static void walk_note_call(struct python_walk *walk, uint64_t call)
{
	for (uint32_t i = walk->count; i-- > 0 && !walk->frames[i].call;)
		walk->frames[i].call = call;
}

/* Up to 3.10 each frame has a C call of its own, in 3.11 some share one. */
static bool is_last_of_call(const struct python_walk *walk, const struct frame_view *frame)
{
	if (walk->layout.chain == PYTHON_FRAME_CALLS)
		return frame->bytes[walk->layout.frame_entry];
	return walk->layout.chain == PYTHON_FRAME_OBJECTS;
}

static enum python_status walk_frames(struct python_walk *walk, uint64_t address, uint64_t call)
{
	const struct python_layout *layout = &walk->layout;
	struct frame_view frame;

	for (uint32_t step = 0; address; step++) {
		enum python_status status = PYTHON_READ;

		if (step == STEPS_MAX || walk->count == SESSION_PYTHON_FRAMES) {
			walk->truncated = true;
			break;
		}
		if (!walk_read_frame(walk, address, &frame))
			return PYTHON_UNREADABLE;
		if (walk_is_shim(walk, &frame))
			walk_note_call(walk, address);
		else
			status = add_frame(walk, &frame, call);
		if (status != PYTHON_READ)
			return status;
		if (call && is_last_of_call(walk, &frame) &&
		    !python_read_word(walk, call + layout->call_previous, &call))
			return PYTHON_UNREADABLE;
		address = word_in(frame.bytes, layout->frame_previous);
	}
	return PYTHON_READ;
}

/* Where the innermost frame is, and the innermost C call where the version has them. */
static bool find_innermost(const struct python_walk *walk, uint64_t thread, uint64_t *frame,
			   uint64_t *call)
{
	const struct python_layout *layout = &walk->layout;

	*call = 0;
	if (layout->thread_call && !python_read_word(walk, thread + layout->thread_call, call))
		return false;
	if (layout->thread_frame)
		return python_read_word(walk, thread + layout->thread_frame, frame);
	return python_read_word(walk, *call + layout->call_frame, frame);
}

bool python_find_frame(const struct python_walk *walk, uint64_t thread, uint64_t *frame)
{
	uint64_t call;

	return find_innermost(walk, thread, frame, &call);
}

enum python_status python_walk_state(struct python_walk *walk, uint64_t thread)
{
	enum python_status status;
	uint64_t frame, call;

	walk->count = 0;
	walk->truncated = false;
	walk->thread = thread;
	if (!find_innermost(walk, thread, &frame, &call))
		return PYTHON_UNREADABLE;
	if (walk->layout.chain == PYTHON_FRAME_SHIMS)
		call = 0;
	walk->innermost = frame;
	status = walk_frames(walk, frame, call);
	if (status != PYTHON_READ)
		walk->count = 0;
	else if (!walk->count)
		status = PYTHON_NO_THREAD;
	return status;
}

/* A thread state names its interpreter: memory that was given back rarely does. */
static bool is_state_of(const struct python_walk *walk, uint64_t thread, uint64_t interpreter,
			uint64_t self)
{
	uint64_t owner, id;

	return python_read_word(walk, thread + walk->layout.thread_interpreter, &owner) &&
	       owner == interpreter &&
	       python_read_word(walk, thread + walk->layout.thread_id, &id) && id == self;
}

static uint64_t holder_in(const struct python_walk *walk, uint64_t interpreter)
{
	const struct python_layout *layout = &walk->layout;
	uint64_t gil, holder;
	int32_t locked;

	if (!layout->interpreter_gil ||
	    !python_read_word(walk, interpreter + layout->interpreter_gil, &gil) ||
	    !walk->memory->read(walk->memory, &locked, gil + layout->gil_locked, sizeof(locked)) ||
	    locked != 1 || !python_read_word(walk, gil + layout->gil_holder, &holder))
		return 0;
	return holder;
}

uint64_t python_lock_holder(struct python_walk *walk)
{
	const struct python_layout *layout = &walk->layout;
	uint64_t runtime = walk->interpreter->runtime, value;

	if (layout->current)
		return python_read_word(walk, runtime + layout->current, &value) ? value : 0;
	if (!python_read_word(walk, runtime + layout->interpreters, &value))
		return 0;
	return holder_in(walk, value);
}

/* A state without frames may be left over from a thread with the same address. */
static enum python_status walk_threads(struct python_walk *walk, uint64_t interpreter,
				       uint64_t self, uint32_t *left)
{
	uint64_t thread;
	enum python_status status = PYTHON_NO_THREAD;

	if (!python_read_word(walk, interpreter + walk->layout.interpreter_threads, &thread))
		return PYTHON_UNREADABLE;
	for (; thread && *left; --*left) {
		if (is_state_of(walk, thread, interpreter, self)) {
			status = python_walk_state(walk, thread);
			*left -= *left > WALK_COST ? WALK_COST : *left - 1;
		}
		if (walk->count)
			break;
		if (!python_read_word(walk, thread + walk->layout.thread_next, &thread))
			return PYTHON_UNREADABLE;
	}
	return status;
}

enum python_status python_walk_thread(struct python_walk *walk, uint64_t self)
{
	enum python_status status = PYTHON_NO_THREAD;
	uint32_t left = THREADS_MAX;
	uint64_t interpreter, holder;

	walk->count = 0;
	if (!python_read_word(walk, walk->interpreter->runtime + walk->layout.interpreters,
			      &interpreter))
		return PYTHON_UNREADABLE;
	holder = python_lock_holder(walk);
	if (holder && is_state_of(walk, holder, interpreter, self))
		status = python_walk_state(walk, holder);
	for (uint32_t i = 0; !walk->count && interpreter && i < INTERPRETERS_MAX; i++) {
		enum python_status here = walk_threads(walk, interpreter, self, &left);

		if (here != PYTHON_NO_THREAD)
			status = here;
		if (!python_read_word(walk, interpreter + walk->layout.interpreter_next,
				      &interpreter))
			return PYTHON_UNREADABLE;
	}
	return status;
}

bool python_read_code(const struct python_walk *walk, uint64_t address, struct python_code *code)
{
	const struct python_layout *layout = &walk->layout;
	uint8_t bytes[CODE_BYTES];

	if (!read_code_object(walk, address, bytes))
		return false;
	code->first_line = walk_number_in(bytes, layout->code_first_line);
	code->line_table = word_in(bytes, layout->code_lines);
	return python_read_text(walk, word_in(bytes, layout->code_file), code->file,
				sizeof(code->file), true, &code->file_length) &&
	       python_read_text(walk, word_in(bytes, layout->code_name), code->function,
				sizeof(code->function), false, &code->function_length);
}
