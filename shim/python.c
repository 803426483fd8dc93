/*
 * Finds an interpreter by its exported symbols and writes down its frames.
 *
 * Memory is read by memory_read(), which fails where a load would fault. Only
 * a thread that has the interpreter's lock reads its own frames by plain loads:
 * they cannot change then, and that the layout is right was seen before.
 */
#include "python.h"
#include "log.h"
#include "python/python.h"
#include "symbols.h"
#include "thread.h"
#include "wakers.h"
#include <string.h>

static struct python_interpreter interpreter;
/* A thread's frames were read, and everything was what it must be. */
static bool layout_is_proven;

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

static const struct python_memory safe_memory = {read_safely};
static const struct python_memory plain_memory = {read_plainly};

/*
 * Py_Version came with 3.11. Before it, an interpreter is as old as the newest
 * function of the stable interface that it has.
 */
static uint32_t find_version(const struct symbol_table *table)
{
	static const struct {
		const char *function;
		uint32_t version;
	} newest[] = {
		{"Py_NewRef", 0x030a0000},
		{"PyFrame_GetCode", 0x03090000},
		{"PyCode_NewWithPosOnlyArgs", 0x03080000},
	};
	uintptr_t address = symbols_find(table, "Py_Version");
	uint64_t version = 0;

	if (address)
		return table->read(&version, (const void *)address, sizeof(version)) ==
				       sizeof(version)
			       ? (uint32_t)version
			       : 0;
	for (size_t i = 0; i < sizeof(newest) / sizeof(*newest); i++)
		if (symbols_find(table, newest[i].function))
			return newest[i].version;
	return 0;
}

static void look_at(const struct link_map *map,
		    size_t (*read)(void *to, const void *from, size_t length))
{
	struct symbol_table table;
	uintptr_t runtime;

	if (interpreter.runtime || !symbols_open(&table, map, read))
		return;
	runtime = symbols_find(&table, "_PyRuntime");
	if (!runtime)
		return;
	interpreter.code_type = symbols_find(&table, "PyCode_Type");
	interpreter.unicode_type = symbols_find(&table, "PyUnicode_Type");
	interpreter.version = find_version(&table);
	interpreter.runtime = runtime;
	wakers_note_python(&interpreter);
}

/* Nothing can be unmapped while the constructor runs. */
static size_t read_at_start(void *to, const void *from, size_t length)
{
	memcpy(to, from, length);
	return length;
}

void python_start(void)
{
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		look_at(map, read_at_start);
}

void python_look_at(const struct link_map *map)
{
	look_at(map, memory_read);
}

static uint32_t depth_of(const struct python_found *frame, uintptr_t sp)
{
	uint64_t depth = frame->call - sp;

	return sp && frame->call > sp && depth <= UINT32_MAX ? (uint32_t)depth : 0;
}

static uint64_t hash_of(const struct python_walk *walk, enum python_status status, uintptr_t sp)
{
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_PYTHON), process.image);

	hash = hash_mix(hash, (uint64_t)status << 32 | walk->truncated);
	for (uint32_t i = 0; i < walk->count; i++) {
		const struct python_found *frame = &walk->frames[i];

		hash = hash_mix(hash_mix(hash, frame->code), frame->identity);
		hash = hash_mix(hash, (uint64_t)frame->instruction << 32 | depth_of(frame, sp));
	}
	return hash;
}

static session_reference write_code(const struct python_code *code,
				    const struct intern_place *place)
{
	session_reference reference;
	struct record_python_code *record =
		log_claim(sizeof(*record) + code->file_length + code->function_length, &reference);

	if (!record)
		return 0;
	record->image = process.image;
	record->file_length = (uint16_t)code->file_length;
	record->function_length = (uint16_t)code->function_length;
	memcpy(record->text, code->file, code->file_length);
	memcpy(record->text + code->file_length, code->function, code->function_length);
	log_commit(record, RECORD_PYTHON_CODE);
	log_publish(place, reference);
	return reference;
}

/* Names the code object of a frame, and finds the line. */
static struct python_frame describe(const struct python_walk *walk,
				    const struct python_found *found, uintptr_t sp)
{
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_PYTHON_CODE), process.image);
	struct python_frame frame = {.depth = depth_of(found, sp)};
	struct intern_place place;
	struct python_code code;

	if (!python_read_code(walk, found->code, &code))
		return frame;
	frame.line = python_find_line(walk, &code, found->instruction);
	frame.code = log_find(hash_mix(hash_mix(hash, found->code), found->identity), &place);
	if (!frame.code)
		frame.code = write_code(&code, &place);
	return frame;
}

/* Interned like a native stack: a program comes the same way again and again. */
static session_reference record(const struct python_walk *walk, enum python_status status,
				uintptr_t sp)
{
	struct python_frame frames[SESSION_PYTHON_FRAMES];
	struct intern_place place;
	session_reference reference = log_find(hash_of(walk, status, sp), &place);
	struct record_python *record;

	if (reference)
		return reference;
	for (uint32_t i = 0; i < walk->count; i++)
		frames[i] = describe(walk, &walk->frames[i], sp);
	record = log_claim(sizeof(*record) + walk->count * sizeof(*frames), &reference);
	if (!record)
		return 0;
	record->image = process.image;
	record->status = status;
	record->version = interpreter.version;
	record->is_truncated = walk->truncated;
	record->runtime = interpreter.runtime;
	record->count = walk->count;
	memcpy(record->frames, frames, walk->count * sizeof(*frames));
	log_commit(record, RECORD_PYTHON);
	log_publish(&place, reference);
	return reference;
}

/* Where it has the interpreter's lock, nothing of what is read can go away. */
static enum python_status walk_own_frames(struct python_walk *walk, struct thread *thread)
{
	enum python_status status;

	if (layout_is_proven && thread->python_state &&
	    python_lock_holder(walk) == thread->python_state) {
		walk->memory = &plain_memory;
		return python_walk_state(walk, thread->python_state);
	}
	status = python_walk_thread(walk, (uint64_t)thread->self);
	thread->python_state = status == PYTHON_READ ? walk->thread : 0;
	layout_is_proven |= status == PYTHON_READ;
	return status;
}

static COLD session_reference capture(struct thread *own, const struct thread *thread, uintptr_t sp)
{
	struct python_walk walk = {.memory = &safe_memory, .interpreter = &interpreter};
	enum python_status status = python_find_layout(&walk);

	if (status == PYTHON_READ && own)
		status = walk_own_frames(&walk, own);
	else if (status == PYTHON_READ)
		status = python_walk_thread(&walk, (uint64_t)thread->self);
	return status == PYTHON_NO_THREAD ? 0 : record(&walk, status, sp);
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

static COLD session_reference capture_creation(struct thread *creator,
					       char name[SESSION_PYTHON_NAME])
{
	struct python_walk walk = {.memory = &safe_memory, .interpreter = &interpreter};
	enum python_status status = python_find_layout(&walk);
	session_reference reference = 0;

	if (status == PYTHON_READ)
		status = walk_own_frames(&walk, creator);
	if (status != PYTHON_NO_THREAD)
		reference = record(&walk, status, 0);
	if (status == PYTHON_READ)
		read_name(&walk, name);
	return reference;
}

session_reference python_capture(struct thread *thread, uintptr_t sp)
{
	if (likely(!interpreter.runtime) || process.is_filtered)
		return 0;
	return capture(thread, thread, sp);
}

session_reference python_capture_creation(struct thread *creator, char name[SESSION_PYTHON_NAME])
{
	name[0] = '\0';
	if (likely(!interpreter.runtime) || process.is_filtered)
		return 0;
	return capture_creation(creator, name);
}

session_reference python_capture_lost(const struct thread *thread, uintptr_t sp)
{
	if (likely(!interpreter.runtime) || process.is_filtered)
		return 0;
	return capture(NULL, thread, sp);
}
