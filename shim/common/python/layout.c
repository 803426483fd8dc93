/*
 * These tables say where CPython has its things, by version. From 3.13 on an interpreter says
 * it itself, in _Py_DebugOffsets at the start of _PyRuntime, whose own layout differs from
 * minor to minor. Before, structures changed with the minor only: offsets were printed by a
 * program that was compiled with the headers of 3.8.18, 3.9.18, 3.10.13, 3.11.2, 3.11.7 and
 * 3.12.1 (64-bit, not Py_DEBUG), and what the versions from 3.13 on do not say with those of
 * 3.13.0, 3.14.10 and 3.15.2.
 */
#include "cpython.h"
#include <string.h>

#define MINOR(version) ((version) >> 16)
/* Nothing that is looked for lies further from the start of its structure. */
#define OFFSET_MAX (1u << 20)
#define WORDS      128

static const struct fixed_layout {
	uint32_t minor;
	struct python_layout layout;
} fixed_layouts[] = {
	{0x0308,
	 {.interpreters = 32,
	  .current = 1368,
	  .interpreter_threads = 8,
	  .interpreter_system = 72,
	  .generations = 368,
	  .permanent = 448,
	  .collecting = 544,
	  .runtime_has_collector = true,
	  .thread_next = 8,
	  .thread_interpreter = 16,
	  .thread_id = 176,
	  .thread_frame = 24,
	  .frame_previous = 24,
	  .frame_code = 32,
	  .frame_instruction = 104,
	  .frame_globals = 48,
	  .frame_locals = 360,
	  .attributes = PYTHON_ATTRIBUTES_DICTIONARY,
	  .code_locals = 28,
	  .code_file = 104,
	  .code_name = 112,
	  .code_first_line = 40,
	  .code_lines = 120,
	  .bytes_length = 16,
	  .bytes_data = 32,
	  .text_length = 16,
	  .text_state = 32,
	  .text_ascii = 48,
	  .text_compact = 72,
	  .chain = PYTHON_FRAME_OBJECTS,
	  .lines = PYTHON_LINES_LNOTAB}},
	{0x0309,
	 {.interpreters = 32,
	  .current = 568,
	  .interpreter_threads = 8,
	  .interpreter_system = 872,
	  .generations = 640,
	  .permanent = 720,
	  .collecting = 816,
	  .thread_next = 8,
	  .thread_interpreter = 16,
	  .thread_id = 176,
	  .thread_frame = 24,
	  .frame_previous = 24,
	  .frame_code = 32,
	  .frame_instruction = 104,
	  .frame_globals = 48,
	  .frame_locals = 360,
	  .attributes = PYTHON_ATTRIBUTES_DICTIONARY,
	  .code_locals = 28,
	  .code_file = 104,
	  .code_name = 112,
	  .code_first_line = 40,
	  .code_lines = 120,
	  .bytes_length = 16,
	  .bytes_data = 32,
	  .text_length = 16,
	  .text_state = 32,
	  .text_ascii = 48,
	  .text_compact = 72,
	  .chain = PYTHON_FRAME_OBJECTS,
	  .lines = PYTHON_LINES_LNOTAB}},
	{0x030a,
	 {.interpreters = 32,
	  .current = 568,
	  .interpreter_threads = 8,
	  .interpreter_system = 872,
	  .generations = 640,
	  .permanent = 720,
	  .collecting = 816,
	  .thread_next = 8,
	  .thread_interpreter = 16,
	  .thread_id = 176,
	  .thread_frame = 24,
	  .thread_call = 48,
	  .call_previous = 8,
	  .frame_previous = 24,
	  .frame_code = 32,
	  .frame_instruction = 96,
	  .frame_globals = 48,
	  .frame_locals = 352,
	  .attributes = PYTHON_ATTRIBUTES_DICTIONARY,
	  .code_locals = 28,
	  .code_file = 104,
	  .code_name = 112,
	  .code_first_line = 40,
	  .code_lines = 120,
	  .bytes_length = 16,
	  .bytes_data = 32,
	  .text_length = 16,
	  .text_state = 32,
	  .text_ascii = 48,
	  .text_compact = 72,
	  .chain = PYTHON_FRAME_OBJECTS,
	  .lines = PYTHON_LINES_RANGES}},
	{0x030b,
	 {.interpreters = 40,
	  .current = 576,
	  .interpreter_threads = 16,
	  .interpreter_system = 904,
	  .generations = 672,
	  .permanent = 752,
	  .collecting = 848,
	  .thread_next = 8,
	  .thread_interpreter = 16,
	  .thread_id = 152,
	  .thread_call = 56,
	  .call_frame = 8,
	  .call_previous = 16,
	  .frame_previous = 48,
	  .frame_code = 32,
	  .frame_instruction = 56,
	  .frame_owner = 69,
	  .frame_entry = 68,
	  .frame_function = 0,
	  .frame_locals = 72,
	  .type_keys = 872,
	  .attributes = PYTHON_ATTRIBUTES_POINTERS,
	  .code_locals = 76,
	  .code_file = 112,
	  .code_name = 128,
	  .code_first_line = 72,
	  .code_lines = 136,
	  .code_start = 184,
	  .bytes_length = 16,
	  .bytes_data = 32,
	  .text_length = 16,
	  .text_state = 32,
	  .text_ascii = 48,
	  .text_compact = 72,
	  .chain = PYTHON_FRAME_CALLS,
	  .lines = PYTHON_LINES_LOCATIONS}},
	{0x030c,
	 {.interpreters = 40,
	  .interpreter_threads = 72,
	  .interpreter_gil = 384,
	  .gil_holder = 8,
	  .gil_locked = 16,
	  .interpreter_system = 352,
	  .generations = 136,
	  .permanent = 216,
	  .collecting = 312,
	  .thread_next = 8,
	  .thread_interpreter = 16,
	  .thread_id = 136,
	  .thread_call = 56,
	  .call_frame = 0,
	  .call_previous = 8,
	  .frame_previous = 8,
	  .frame_code = 0,
	  .frame_instruction = 56,
	  .frame_owner = 70,
	  .frame_function = 16,
	  .frame_locals = 72,
	  .type_keys = 880,
	  .attributes = PYTHON_ATTRIBUTES_TAGGED,
	  .code_locals = 72,
	  .code_file = 112,
	  .code_name = 128,
	  .code_first_line = 68,
	  .code_lines = 136,
	  .code_start = 192,
	  .bytes_length = 16,
	  .bytes_data = 32,
	  .text_length = 16,
	  .text_state = 32,
	  .text_ascii = 40,
	  .text_compact = 56,
	  .chain = PYTHON_FRAME_SHIMS,
	  .lines = PYTHON_LINES_LOCATIONS}},
};

/* Places of the words of _Py_DebugOffsets that are used, by minor version. */
struct offset_places {
	uint32_t minor;
	uint8_t interpreters, interpreter_next, interpreter_threads, gil, gil_state, gil_locked,
		gil_holder;
	uint8_t thread_next, thread_interpreter, frame, thread_id;
	uint8_t frame_previous, executable, instruction, owner;
	uint8_t file, function, lines, first_line, start;
	uint8_t bytes_length, bytes_data, text_state, text_length, text_ascii;
};

static const struct offset_places offset_places[] = {
	{0x030d, 5,  8,  9,  14, 15, 17, 18, 21, 22, 23, 24, 29,
	 30,     31, 33, 35, 37, 38, 39, 43, 65, 66, 68, 69, 70},
	{0x030e, 5,  8,  9,  15, 16, 18, 19, 24, 25, 26, 27, 32,
	 33,     34, 36, 40, 42, 43, 44, 48, 75, 76, 78, 79, 80},
	{0x030f, 5,  8,  9,  15, 16, 18, 19, 24, 25, 26, 30, 40,
	 41,     42, 44, 48, 50, 51, 52, 56, 87, 88, 90, 91, 92},
};

#define FRAME_LOCALS_314 35

#define COOKIE "xdebugpy"

/* All words are small numbers but the cookie and the version. */
static bool layout_take(const uint64_t *words, uint8_t place, uint32_t *to)
{
	if (place >= WORDS || words[place] >= OFFSET_MAX)
		return false;
	*to = (uint32_t)words[place];
	return true;
}

/* 3.14 tells where the variables of a frame are. */
static void take_variables(const uint64_t *words, uint32_t minor, struct python_layout *to)
{
	to->frame_function = 16;
	to->code_locals = 72;
	if (minor == 0x030e)
		layout_take(words, FRAME_LOCALS_314, &to->frame_locals);
	else
		to->frame_locals = minor == 0x030d ? 72 : 80;
}

/* What 3.13 and 3.14 do not tell (3.14.10 has it where 3.13 has). That of 3.15 is not known. */
static void take_attributes(uint32_t minor, struct python_layout *to)
{
	if (minor > 0x030e || !to->frame_locals)
		return;
	to->type_keys = 880;
	to->values_start = 8;
	to->attributes = PYTHON_ATTRIBUTES_INLINE;
}

/* Of the collector's state it tells where it is, and one word of it. */
static void take_collector(const uint64_t *words, uint32_t minor, struct python_layout *to)
{
	static const struct collector_places {
		uint32_t minor;
		uint8_t collector, system, collecting;
		uint8_t generations, permanent; /* offsets in the state */
	} places[] = {
		{0x030d, 10, 12, 72, 24, 104},
		{0x030e, 11, 13, 82, 24, 96},
		{0x030f, 11, 13, 95, 8, 80},
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		uint32_t collector, collecting;

		if (places[i].minor != minor ||
		    !layout_take(words, places[i].collector, &collector) ||
		    !layout_take(words, places[i].collecting, &collecting) ||
		    !layout_take(words, places[i].system, &to->interpreter_system))
			continue;
		to->generations = collector + places[i].generations;
		to->permanent = collector + places[i].permanent;
		to->collecting = collector + collecting;
	}
}

static bool take_offsets(const uint64_t *words, const struct offset_places *at,
			 struct python_layout *to)
{
	uint32_t gil_state = 0;
	bool sane = layout_take(words, at->interpreters, &to->interpreters) &&
		    layout_take(words, at->interpreter_next, &to->interpreter_next) &&
		    layout_take(words, at->interpreter_threads, &to->interpreter_threads) &&
		    layout_take(words, at->gil, &to->interpreter_gil) &&
		    layout_take(words, at->gil_state, &gil_state) &&
		    layout_take(words, at->gil_locked, &to->gil_locked) &&
		    layout_take(words, at->gil_holder, &to->gil_holder) &&
		    layout_take(words, at->thread_next, &to->thread_next) &&
		    layout_take(words, at->thread_interpreter, &to->thread_interpreter) &&
		    layout_take(words, at->frame, &to->thread_frame) &&
		    layout_take(words, at->thread_id, &to->thread_id) &&
		    layout_take(words, at->frame_previous, &to->frame_previous) &&
		    layout_take(words, at->executable, &to->frame_code) &&
		    layout_take(words, at->instruction, &to->frame_instruction) &&
		    layout_take(words, at->owner, &to->frame_owner) &&
		    layout_take(words, at->file, &to->code_file) &&
		    layout_take(words, at->function, &to->code_name) &&
		    layout_take(words, at->lines, &to->code_lines) &&
		    layout_take(words, at->first_line, &to->code_first_line) &&
		    layout_take(words, at->start, &to->code_start) &&
		    layout_take(words, at->bytes_length, &to->bytes_length) &&
		    layout_take(words, at->bytes_data, &to->bytes_data) &&
		    layout_take(words, at->text_state, &to->text_state) &&
		    layout_take(words, at->text_length, &to->text_length) &&
		    layout_take(words, at->text_ascii, &to->text_ascii);

	/* They are told from the interpreter on, and looked for behind a pointer. */
	if (!sane || to->gil_locked < gil_state || to->gil_holder < gil_state)
		return false;
	to->gil_locked -= gil_state;
	to->gil_holder -= gil_state;
	/* PyCompactUnicodeObject: a length and a pointer more. */
	to->text_compact = to->text_ascii + 2 * (uint32_t)sizeof(uint64_t);
	to->chain = PYTHON_FRAME_SHIMS;
	to->lines = PYTHON_LINES_LOCATIONS;
	take_variables(words, at->minor, to);
	take_attributes(at->minor, to);
	take_collector(words, at->minor, to);
	return true;
}

static enum python_status read_offsets(struct python_walk *walk, const struct offset_places *places)
{
	uint64_t words[WORDS];

	if (!walk->memory->read(walk->memory, words, walk->interpreter->runtime, sizeof(words)))
		return PYTHON_UNREADABLE;
	/* The version twice: by its symbol and by its own word. Then: is it free-threaded? */
	if (memcmp(words, COOKIE, sizeof(words[0])) != 0 || words[1] != walk->interpreter->version)
		return PYTHON_DAMAGED;
	if (words[2])
		return PYTHON_FREE_THREADED;
	return take_offsets(words, places, &walk->layout) ? PYTHON_READ : PYTHON_DAMAGED;
}

enum python_status python_find_layout(struct python_walk *walk)
{
	uint32_t minor = MINOR(walk->interpreter->version);

	memset(&walk->layout, 0, sizeof(walk->layout));
	for (size_t i = 0; i < sizeof(fixed_layouts) / sizeof(*fixed_layouts); i++)
		if (fixed_layouts[i].minor == minor) {
			walk->layout = fixed_layouts[i].layout;
			return PYTHON_READ;
		}
	for (size_t i = 0; i < sizeof(offset_places) / sizeof(*offset_places); i++)
		if (offset_places[i].minor == minor)
			return read_offsets(walk, &offset_places[i]);
	return PYTHON_UNKNOWN_VERSION;
}
