/*
 * An interpreter's files are looked for here: in sys, in the variables of the frames, and
 * among the youngest objects that the collector knows. The walk is bounded by the objects that
 * it meets, each a miss of the cache: a file that lies deeper is not found.
 */
#include "cpython.h"
#include <string.h>

#define OBJECT_TYPE 8
/* Some tens of microseconds, a small part of what a fork takes. */
#define OBJECTS_MAX 1000
/* Types that were met, by their addresses. */
#define TYPES 64
/* Of the dictionary of sys, and of one of global variables. */
#define SYSTEM_MAX  512
#define GLOBALS_MAX 200
#define FRAMES_MAX  64
/* Variables of one frame: a number that is not true is not counted up to. */
#define LOCALS_MAX 256
/* Dictionaries of global variables: functions of one module share one. */
#define MODULES_MAX 16
/* PyFunctionObject, 3.11 on. */
#define FUNCTION_GLOBALS 16
/* From here on: not a frame of Python code (see walk.c). */
#define OWNED_BY_INTERPRETER 3

struct search {
	const struct python_walk *walk;
	void (*visit)(const struct python_file *file, void *data);
	void *data;
	uint32_t left; /* objects to look at */
	/* Few types have most of the objects: each one's name is read once. */
	uint64_t types[TYPES];
	enum python_file_kind kinds[TYPES];
};

static enum python_file_kind places_kind_of(struct search *search, uint64_t type)
{
	uint32_t slot = (uint32_t)(type * UINT64_C(0x9e3779b97f4a7c15) >> 32) % TYPES;

	if (search->types[slot] != type) {
		search->types[slot] = type;
		search->kinds[slot] = python_file_kind(search->walk, type);
	}
	return search->kinds[slot];
}

static __attribute__((cold, noinline)) void places_look_into(struct search *search, uint64_t object,
							     enum python_file_kind kind)
{
	struct python_file file;

	if (python_read_kind(search->walk, object, kind, &file))
		search->visit(&file, search->data);
	/* They are objects too, each a miss of the cache. */
	search->left -= file.pieces < search->left ? file.pieces : search->left;
}

static inline void places_look_at(struct search *search, uint64_t object, uint64_t type)
{
	enum python_file_kind kind = type ? places_kind_of(search, type) : PYTHON_NO_FILE;

	search->left--;
	if (kind != PYTHON_NO_FILE)
		places_look_into(search, object, kind);
}

static void look_at_value(struct search *search, uint64_t object)
{
	uint64_t type;

	if (object && search->left && python_read_word(search->walk, object + OBJECT_TYPE, &type))
		places_look_at(search, object, type);
}

/* --- dictionaries --------------------------------------------------------------- */

static bool find_values(const struct python_walk *walk, uint64_t dictionary,
			struct python_entries *entries)
{
	uint64_t keys, values;

	return python_has_type(walk, dictionary, "dict") &&
	       python_read_word(walk, dictionary + PYTHON_DICTIONARY_KEYS, &keys) &&
	       python_read_word(walk, dictionary + PYTHON_DICTIONARY_VALUES, &values) && !values &&
	       python_find_entries(walk, keys, entries);
}

static void look_at_entry(struct search *search, const struct python_entries *entries,
			  uint64_t index)
{
	uint64_t value;

	if (python_read_word(search->walk,
			     entries->first + index * entries->stride + entries->value, &value))
		look_at_value(search, value);
}

/* They keep their places in the dictionary. */
static bool places_find_stream(const struct python_walk *walk, const struct python_entries *system,
			       const char *name, uint32_t *index)
{
	if (python_has_key(walk, system, *index, name))
		return true;
	for (uint32_t i = 0; i < system->count && i < SYSTEM_MAX; i++)
		if (python_has_key(walk, system, i, name)) {
			*index = i;
			return true;
		}
	return false;
}

static void search_streams(struct search *search, uint64_t interpreter,
			   struct python_streams *streams)
{
	static const char *const names[] = {"stdout", "stderr"};
	const struct python_walk *walk = search->walk;
	struct python_entries system;
	uint64_t dictionary;

	if (!python_read_word(walk, interpreter + walk->layout.interpreter_system, &dictionary) ||
	    !find_values(walk, dictionary, &system))
		return;
	for (uint32_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (places_find_stream(walk, &system, names[i], &streams->index[i]))
			look_at_entry(search, &system, streams->index[i]);
}

/* --- frames ---------------------------------------------------------------------- */

/* The newest variables come last. */
static void search_globals(struct search *search, uint64_t dictionary)
{
	struct python_entries entries;

	if (!find_values(search->walk, dictionary, &entries))
		return;
	for (uint64_t i = 0; i < entries.count && i < GLOBALS_MAX && search->left; i++)
		look_at_entry(search, &entries, entries.count - 1 - i);
}

/* From 3.14 on this bit stands for a number, or nothing. No object has it in its address. */
static bool is_reference(uint64_t value)
{
	return !(value & 2);
}

static void search_locals(struct search *search, uint64_t frame, uint64_t code)
{
	const struct python_walk *walk = search->walk;
	uint64_t type, value;
	int32_t count;

	if (!walk->layout.frame_locals || !python_read_word(walk, code + OBJECT_TYPE, &type) ||
	    type != walk->interpreter->code_type ||
	    !walk->memory->read(walk->memory, &count, code + walk->layout.code_locals,
				sizeof(count)))
		return;
	for (int32_t i = 0; i < count && i < LOCALS_MAX && search->left; i++)
		if (python_read_word(
			    walk, frame + walk->layout.frame_locals + (uint32_t)i * sizeof(value),
			    &value) &&
		    is_reference(value))
			look_at_value(search, value & ~PYTHON_TAGS);
}

static bool places_is_shim(const struct python_walk *walk, uint64_t frame)
{
	uint8_t owner;

	return walk->layout.chain == PYTHON_FRAME_SHIMS &&
	       (!walk->memory->read(walk->memory, &owner, frame + walk->layout.frame_owner, 1) ||
		owner >= OWNED_BY_INTERPRETER);
}

struct modules {
	uint32_t count;
	uint64_t globals[MODULES_MAX];
};

static bool is_new(struct modules *modules, uint64_t globals)
{
	for (uint32_t i = 0; i < modules->count; i++)
		if (modules->globals[i] == globals)
			return false;
	if (modules->count < MODULES_MAX)
		modules->globals[modules->count++] = globals;
	return true;
}

/* Since 3.11 by the frame's function: the interpreter's own frames have none, and the
 * word beside it is not set in them. */
static bool find_globals(const struct python_walk *walk, uint64_t frame, uint64_t *globals)
{
	uint64_t function;

	if (walk->layout.chain == PYTHON_FRAME_OBJECTS)
		return python_read_word(walk, frame + walk->layout.frame_globals, globals);
	if (!python_read_word(walk, frame + walk->layout.frame_function, &function))
		return false;
	function &= ~PYTHON_TAGS;
	return python_has_type(walk, function, "function") &&
	       python_read_word(walk, function + FUNCTION_GLOBALS, globals);
}

static void search_frames(struct search *search, uint64_t thread)
{
	const struct python_walk *walk = search->walk;
	struct modules modules = {.count = 0};
	uint64_t frame, code, globals;

	if (!python_find_frame(walk, thread, &frame))
		return;
	for (uint32_t i = 0; i < FRAMES_MAX && frame && search->left; i++) {
		if (!places_is_shim(walk, frame)) {
			if (python_read_word(walk, frame + walk->layout.frame_code, &code))
				search_locals(search, frame, code & ~PYTHON_TAGS);
			if (find_globals(walk, frame, &globals) && is_new(&modules, globals))
				search_globals(search, globals);
		}
		if (!python_read_word(walk, frame + walk->layout.frame_previous, &frame))
			return;
	}
}

/* --- the collector's lists --------------------------------------------------------- */

/* PyGC_Head, before each object: the next and the one before, with marks in the low bits. */
#define HEAD_BYTES      16
#define HEAD_NEXT       0
#define HEAD_PREVIOUS   8
#define HEAD_MARKS      UINT64_C(3)
#define GENERATIONS     3
#define GENERATION_SIZE 24

static uint64_t collector_of(const struct python_walk *walk, uint64_t interpreter)
{
	return walk->layout.runtime_has_collector ? walk->interpreter->runtime : interpreter;
}

static uint64_t list_at(const struct python_walk *walk, uint64_t interpreter, uint32_t number)
{
	uint64_t collector = collector_of(walk, interpreter);

	if (number == GENERATIONS)
		return collector + walk->layout.permanent;
	return collector + walk->layout.generations + number * GENERATION_SIZE;
}

/* Both neighbours know it. */
static bool is_ring(const struct python_walk *walk, uint64_t list)
{
	uint64_t next, previous, word;

	return python_read_word(walk, list, &next) &&
	       python_read_word(walk, list + HEAD_PREVIOUS, &previous) &&
	       python_read_word(walk, (next & ~HEAD_MARKS) + HEAD_PREVIOUS, &word) &&
	       (word & ~HEAD_MARKS) == list &&
	       python_read_word(walk, previous & ~HEAD_MARKS, &word) &&
	       (word & ~HEAD_MARKS) == list;
}

/* Then the lists are in pieces. */
static bool is_collecting(const struct python_walk *walk, uint64_t interpreter)
{
	int32_t collecting;

	return !walk->memory->read(walk->memory, &collecting,
				   collector_of(walk, interpreter) + walk->layout.collecting,
				   sizeof(collecting)) ||
	       collecting != 0;
}

bool python_check_collector(const struct python_walk *walk, uint64_t interpreter)
{
	if (!walk->layout.generations || is_collecting(walk, interpreter))
		return false;
	for (uint32_t i = 0; i <= GENERATIONS; i++)
		if (!is_ring(walk, list_at(walk, interpreter, i)))
			return false;
	return true;
}

/* False where the list ends in nothing. */
static bool search_list(struct search *search, uint64_t list, uint32_t direction)
{
	const struct python_walk *walk = search->walk;
	uint64_t at, type;

	if (!python_read_word(walk, list + direction, &at))
		return false;
	for (at &= ~HEAD_MARKS; at != list && search->left; at &= ~HEAD_MARKS) {
		if (!at || !python_read_word(walk, at + HEAD_BYTES + OBJECT_TYPE, &type))
			return false;
		places_look_at(search, at + HEAD_BYTES, type);
		if (!python_read_word(walk, at + direction, &at))
			return false;
	}
	return true;
}

/* The youngest objects are at the end of a generation. gc.freeze() appends the
 * generations to the permanent list, the youngest first. */
static void search_objects(struct search *search, uint64_t interpreter)
{
	if (is_collecting(search->walk, interpreter))
		return;
	for (uint32_t i = 0; i <= GENERATIONS; i++)
		if (!search_list(search, list_at(search->walk, interpreter, i),
				 i == GENERATIONS ? HEAD_NEXT : HEAD_PREVIOUS))
			return;
}

void python_each_file(const struct python_walk *walk, uint64_t thread,
		      struct python_streams *streams,
		      void (*visit)(const struct python_file *file, void *data), void *data)
{
	struct search search = {.walk = walk, .visit = visit, .data = data, .left = OBJECTS_MAX};
	uint64_t interpreter;

	if (!python_read_word(walk, thread + walk->layout.thread_interpreter, &interpreter))
		return;
	search_streams(&search, interpreter, streams);
	search_frames(&search, thread);
	search_objects(&search, interpreter);
}
