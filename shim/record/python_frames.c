/*
 * The frames of the loaded interpreter are noted here.
 *
 * Memory is read by memory_read(), which fails where a load would fault. Only
 * a thread that has the interpreter's lock reads its own frames by plain loads:
 * they cannot change then, and that the layout is right was seen before.
 */
#include "record/python_frames.h"
#include "base/process.h"
#include "common/python/cpython.h"
#include "log/kept_facts.h"
#include "log/log.h"
#include "record/loaded_interpreter.h"
#include "state/thread.h"
#include <string.h>

/* Where they were found last: a hint, good for any interpreter. */
static struct python_streams streams;

static bool read_safely(const struct python_memory *memory, void *to, uint64_t address,
			size_t length)
{
	(void)memory;
	return memory_read(to, (const void *)(uintptr_t)address, length) == length;
}

static bool read_plainly(const struct python_memory *memory, void *to, uint64_t address,
			 size_t length)
{
	(void)memory;
	memcpy(to, (const void *)(uintptr_t)address, length);
	return true;
}

static const struct python_memory safe_memory = {.read = read_safely};
static const struct python_memory plain_memory = {.read = read_plainly, .is_plain = true};

static uint32_t python_frames_depth_of(const struct python_found *frame, uintptr_t sp)
{
	uint64_t depth = frame->call - sp;

	return sp && frame->call > sp && depth <= UINT32_MAX ? (uint32_t)depth : 0;
}

static uint64_t python_frames_hash_of(const struct python_walk *walk, enum python_status status,
				      uintptr_t sp)
{
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_PYTHON), process.image);

	hash = hash_mix(hash, (uint64_t)status << 32 | walk->truncated);
	for (uint32_t i = 0; i < walk->count; i++) {
		const struct python_found *frame = &walk->frames[i];

		hash = hash_mix(hash_mix(hash, frame->code), frame->identity);
		hash = hash_mix(hash, (uint64_t)frame->instruction << 32 |
					      python_frames_depth_of(frame, sp));
	}
	return hash;
}

static kept_fact keep_code(const struct python_code *code, const struct kept_place *place)
{
	kept_fact fact;
	struct record_python_code *record = kept_claim(
		place, sizeof(*record) + code->file_length + code->function_length, &fact);

	if (!record)
		return 0;
	record->image = process.image;
	record->file_length = (uint16_t)code->file_length;
	record->function_length = (uint16_t)code->function_length;
	memcpy(record->text, code->file, code->file_length);
	memcpy(record->text + code->file_length, code->function, code->function_length);
	kept_commit(place, record, RECORD_PYTHON_CODE, fact);
	return fact;
}

/* Names the code object of a frame, and finds the line. */
static struct python_frame python_frames_describe(const struct python_walk *walk,
						  const struct python_found *found, uintptr_t sp)
{
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_PYTHON_CODE), process.image);
	struct python_frame frame = {.depth = python_frames_depth_of(found, sp)};
	struct kept_place place;
	struct python_code code;

	if (!python_read_code(walk, found->code, &code))
		return frame;
	frame.line = python_find_line(walk, &code, found->instruction);
	frame.code = kept_find(hash_mix(hash_mix(hash, found->code), found->identity), &place);
	if (!frame.code)
		frame.code = keep_code(&code, &place);
	return frame;
}

/* Interned like a native stack: a program comes the same way again and again. */
static kept_fact python_frames_keep(const struct python_walk *walk, enum python_status status,
				    uintptr_t sp)
{
	struct python_frame frames[SESSION_PYTHON_FRAMES];
	struct kept_place place;
	kept_fact fact = kept_find(python_frames_hash_of(walk, status, sp), &place);
	struct record_python *record;

	if (fact)
		return fact;
	for (uint32_t i = 0; i < walk->count; i++)
		frames[i] = python_frames_describe(walk, &walk->frames[i], sp);
	record = kept_claim(&place, sizeof(*record) + walk->count * sizeof(*frames), &fact);
	if (!record)
		return 0;
	record->image = process.image;
	record->status = status;
	record->version = walk->interpreter->version;
	record->is_truncated = walk->truncated;
	record->runtime = walk->interpreter->runtime;
	record->count = walk->count;
	memcpy(record->frames, frames, walk->count * sizeof(*frames));
	kept_commit(&place, record, RECORD_PYTHON, fact);
	return fact;
}

static bool python_frames_has_lock(struct python_walk *walk, const struct thread *thread,
				   struct interpreter *interpreter)
{
	return atomic_load(&interpreter->layout_is_proven) && thread->python_state &&
	       python_lock_holder(walk) == thread->python_state;
}

/* Where it has the interpreter's lock, nothing of what is read can go away. */
static enum python_status walk_own_frames(struct python_walk *walk, struct thread *thread,
					  struct interpreter *interpreter)
{
	enum python_status status;

	if (python_frames_has_lock(walk, thread, interpreter)) {
		walk->memory = &plain_memory;
		return python_walk_state(walk, thread->python_state);
	}
	status = python_walk_thread(walk, (uint64_t)thread->self);
	thread->python_state = status == PYTHON_READ ? walk->thread : 0;
	if (status == PYTHON_READ)
		atomic_store(&interpreter->layout_is_proven, true);
	return status;
}

static COLD kept_fact capture(struct interpreter *interpreter, struct thread *own,
			      const struct thread *thread, uintptr_t sp)
{
	struct python_walk walk = {.memory = &safe_memory, .interpreter = &interpreter->symbols};
	enum python_status status = python_find_layout(&walk);

	if (status == PYTHON_READ && own)
		status = walk_own_frames(&walk, own, interpreter);
	else if (status == PYTHON_READ)
		status = python_walk_thread(&walk, (uint64_t)thread->self);
	return status == PYTHON_NO_THREAD ? 0 : python_frames_keep(&walk, status, sp);
}

/* Who says that it starts a thread need not have one: nothing is read plainly. */
static void read_name(struct python_walk *walk, char name[SESSION_PYTHON_NAME])
{
	size_t length = 0;

	if (!python_is_starting(walk))
		return;
	walk->memory = &safe_memory;
	if (!python_started_name(walk, name, SESSION_PYTHON_NAME - 1, &length))
		length = 0;
	name[length] = '\0';
}

static COLD kept_fact capture_creation(struct interpreter *interpreter, struct thread *creator,
				       char name[SESSION_PYTHON_NAME])
{
	struct python_walk walk = {.memory = &safe_memory, .interpreter = &interpreter->symbols};
	enum python_status status = python_find_layout(&walk);
	kept_fact fact = 0;

	if (status == PYTHON_READ)
		status = walk_own_frames(&walk, creator, interpreter);
	if (status != PYTHON_NO_THREAD)
		fact = python_frames_keep(&walk, status, 0);
	if (status == PYTHON_READ)
		read_name(&walk, name);
	return fact;
}

/* NULL: none whose memory may be read. */
static struct interpreter *readable_interpreter(void)
{
	return process.is_filtered ? NULL : interpreter_loaded();
}

kept_fact python_capture(struct thread *thread, uintptr_t sp)
{
	struct interpreter *interpreter = readable_interpreter();

	return interpreter ? capture(interpreter, thread, thread, sp) : 0;
}

kept_fact python_capture_creation(struct thread *creator, char name[SESSION_PYTHON_NAME])
{
	struct interpreter *interpreter = readable_interpreter();

	name[0] = '\0';
	return interpreter ? capture_creation(interpreter, creator, name) : 0;
}

kept_fact python_capture_lost(const struct thread *thread, uintptr_t sp)
{
	struct interpreter *interpreter = readable_interpreter();

	return interpreter ? capture(interpreter, NULL, thread, sp) : 0;
}

static bool prove_collector(const struct python_walk *walk, uint64_t thread,
			    struct interpreter *interpreter)
{
	uint64_t state;

	if (!atomic_load(&interpreter->collector_is_proven) &&
	    python_read_word(walk, thread + walk->layout.thread_interpreter, &state) &&
	    python_check_collector(walk, state))
		atomic_store(&interpreter->collector_is_proven, true);
	return atomic_load(&interpreter->collector_is_proven);
}

static COLD void each_file(struct interpreter *interpreter, const struct thread *thread,
			   void (*visit)(const struct python_file *file, void *data), void *data)
{
	struct python_walk walk = {.memory = &safe_memory, .interpreter = &interpreter->symbols};

	if (python_find_layout(&walk) != PYTHON_READ ||
	    !python_frames_has_lock(&walk, thread, interpreter) ||
	    !prove_collector(&walk, thread->python_state, interpreter))
		return;
	walk.memory = &plain_memory;
	python_each_file(&walk, thread->python_state, &streams, visit, data);
}

void python_each_waiting_file(const struct thread *thread,
			      void (*visit)(const struct python_file *file, void *data), void *data)
{
	struct interpreter *interpreter = readable_interpreter();

	if (interpreter)
		each_file(interpreter, thread, visit, data);
}

bool python_still_waits(const struct python_file *known, struct python_file *now)
{
	struct interpreter *interpreter = interpreter_loaded();
	struct python_walk walk = {.memory = &safe_memory};

	if (!interpreter)
		return false;
	walk.interpreter = &interpreter->symbols;
	return python_find_layout(&walk) == PYTHON_READ &&
	       python_read_file(&walk, known->text ? known->text : known->object, now) &&
	       now->object == known->object;
}

bool python_queue_of(const struct thread *thread, const void *lock, struct python_queue *queue)
{
	struct interpreter *interpreter = readable_interpreter();
	struct python_walk walk = {.memory = &safe_memory};

	if (!interpreter || !thread->python_state)
		return false;
	walk.interpreter = &interpreter->symbols;
	return python_find_layout(&walk) == PYTHON_READ &&
	       python_find_queue(&walk, thread->python_state, (uintptr_t)lock, queue);
}

uint64_t python_queue_left(const struct python_queue *queue)
{
	struct interpreter *interpreter = readable_interpreter();
	struct python_walk walk = {.memory = &safe_memory};
	uint64_t count;

	if (!interpreter)
		return 0;
	walk.interpreter = &interpreter->symbols;
	return python_find_layout(&walk) == PYTHON_READ && python_count_queue(&walk, queue, &count)
		       ? count
		       : 0;
}

/* An interpreter comes to the same line by other ways once it has got to know the code: with
 * frames of C between those of Python, or without. */
uint64_t python_line(struct thread *thread)
{
	struct interpreter *interpreter = readable_interpreter();
	struct python_walk walk = {.memory = &safe_memory};
	uint64_t hash = HASH_SEED;
	struct python_code code;

	if (!interpreter)
		return 0;
	walk.interpreter = &interpreter->symbols;
	if (python_find_layout(&walk) != PYTHON_READ ||
	    walk_own_frames(&walk, thread, interpreter) != PYTHON_READ)
		return 0;
	/* Nor do frames stand at the same instruction of a line then. */
	for (uint32_t i = 0; i < walk.count; i++)
		hash = hash_mix(hash, walk.frames[i].code);
	if (walk.count && python_read_code(&walk, walk.frames[0].code, &code))
		hash = hash_mix(
			hash, (uint32_t)python_find_line(&walk, &code, walk.frames[0].instruction));
	return hash;
}

void python_capture_place(struct thread *thread, enum lock_kind kind, struct call_site site,
			  session_reference *stack, session_reference *python)
{
	kept_fact frames = python_capture(thread, (uintptr_t)site.sp);

	*stack = frames && kind == LOCK_SEMAPHORE
			 ? kept_reference(capture_stack_once(thread, site, CAPTURE_INNERMOST))
			 : capture_stack(thread);
	*python = kept_reference(frames);
}
