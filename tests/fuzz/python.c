/*
 * Hostile memory of a CPython interpreter: its layout, frames, texts, lines, names,
 * files and parked threads. An input is a list of patches to the memory of an
 * interpreter that is laid out here, whole for all who read it, in each version that
 * is known; those behind a pause are applied while it is being read.
 */
#include "../../shim/common/python/cpython.h"
#include "cli/hangs/identify/parked_threads.h"
#include "fuzz.h"
#include "input.h"
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE        UINT64_C(0x100000)
#define MEMORY_SIZE 0x8000
/* Nothing is there, in no process. */
#define NULL_SIZE 0x1000

#define RUNTIME       (BASE)
#define RUNTIME_LIST  1104
#define STATE         (BASE + 0x0800)
#define STATE_OTHER   (BASE + 0x1000)
#define LOCK_STATE    (BASE + 0x1800)
#define THREAD        (BASE + 0x1900)
#define THREAD_OTHER  (BASE + 0x1a00)
#define CALLS         (BASE + 0x1b00)
#define FRAME(number) (BASE + 0x2000 + 0x200 * (uint64_t)(number))
#define FRAMES        4
#define CODE(number)  (BASE + 0x2800 + 0x100 * (uint64_t)(number))
#define LINES         (BASE + 0x2a00)
#define OBJECT        (BASE + 0x2b00)
#define THREAD_TYPE   (BASE + 0x2c00)
#define NAME_KEYS     (BASE + 0x3000)
#define NAME_VALUES   (BASE + 0x3200)
#define NAMES         (BASE + 0x3280) /* a dictionary */
#define FUNCTION      (BASE + 0x3300)
#define SYSTEM        (BASE + 0x3400) /* that of sys, with its keys behind it */
#define GLOBALS       (BASE + 0x3800)
#define TEXT_FILE     (BASE + 0x3c00)
#define BUFFERED_FILE (BASE + 0x3d00)
#define RAW_FILE      (BASE + 0x3e00)
#define BUFFER        (BASE + 0x3e80)
#define PIECES        (BASE + 0x3f00) /* a list, with its items behind it */
#define PENDING_BYTES (BASE + 0x3fc0)
#define WAITER        (BASE + 0x4000)
#define LOCK          (BASE + 0x4080)
#define TYPE(number)  (BASE + 0x4100 + 0x40 * (uint64_t)(number))
#define TEXT(number)  (BASE + 0x4500 + 0x80 * (uint64_t)(number))

#define CODE_TYPE UINT64_C(0x77770)
#define TEXT_TYPE UINT64_C(0x88880)
#define SELF      UINT64_C(0x7f0000001234)

/*
 * More reads than any memory may make of them. One of another process is some 0.3 us: with
 * these a walk takes 30 ms at the worst. Files are looked for by plain loads.
 */
enum asked {
	ASKED_REST,
	ASKED_WALK,
	ASKED_LINE,
	ASKED_NAME,
	ASKED_FILE,
	ASKED_FILES,
	ASKED_QUEUE,
	ASKED
};
static const uint32_t reads_max[ASKED] = {
	[ASKED_REST] = 2000,  [ASKED_WALK] = 100000,  [ASKED_LINE] = 3000,   [ASKED_NAME] = 5000,
	[ASKED_FILE] = 10000, [ASKED_FILES] = 300000, [ASKED_QUEUE] = 30000,
};

/* Tells libFuzzer which inputs make more reads than others did, so that it goes on with them. */
#define READS_STEPS 96
static __attribute__((section("__libfuzzer_extra_counters")))
uint8_t reads_seen[ASKED * READS_STEPS];

static const uint32_t versions[] = {0x03080000, 0x03090000, 0x030a0000, 0x030b02f0,
				    0x030c01f0, 0x030d00f0, 0x030e0af0, 0x030f02f0};
#define VERSIONS (sizeof(versions) / sizeof(*versions))
/* Bytes that are looked at, by version: to spoil others is in vain. */
#define TOUCHED_MAX 2048

static struct base {
	uint8_t bytes[MEMORY_SIZE];
	uint64_t touched[TOUCHED_MAX];
	size_t touched_count;
} bases[VERSIONS];

struct hostile {
	struct python_memory memory;
	struct base *noting; /* what is read of this base; NULL: nothing is noted */
	uint8_t *bytes;
	const struct base *base;
	struct input *input;
	uint32_t pause; /* reads to the next patch; 0: there is none */
	enum asked asked;
	uint32_t reads;  /* since that was asked */
	bool is_endless; /* all addresses lead into the memory, over and over */
};

static void apply_patches(struct hostile *hostile);

static void check(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "python: %s\n", what);
	abort();
}

static void note(struct base *base, uint64_t at, size_t length)
{
	for (uint64_t word = at & ~UINT64_C(7); word < at + length; word += 8) {
		size_t i = 0;

		while (i < base->touched_count && base->touched[i] != word)
			i++;
		if (i == base->touched_count && i < TOUCHED_MAX)
			base->touched[base->touched_count++] = word;
	}
}

static bool find_place(const struct hostile *hostile, uint64_t address, size_t length, uint64_t *at)
{
	if (hostile->is_endless) {
		*at = (address - BASE) % MEMORY_SIZE;
		return address >= NULL_SIZE && *at + length <= MEMORY_SIZE;
	}
	*at = address - BASE;
	return *at < MEMORY_SIZE && length <= MEMORY_SIZE - *at;
}

static bool read_hostile(const struct python_memory *memory, void *to, uint64_t address,
			 size_t length)
{
	struct hostile *hostile = (struct hostile *)(uintptr_t)memory;
	uint64_t at;

	check(++hostile->reads <= reads_max[hostile->asked], "too many reads");
	if (hostile->pause && !--hostile->pause)
		apply_patches(hostile);
	if (!find_place(hostile, address, length, &at))
		return false;
	if (hostile->noting)
		note(hostile->noting, at, length);
	memcpy(to, hostile->bytes + at, length);
	return true;
}

/* --- what is laid out ------------------------------------------------------------ */

static uint8_t *laid_out;
static struct python_walk *laying;

static void put(uint64_t address, const void *from, size_t length)
{
	if (address < BASE || address + length > BASE + MEMORY_SIZE)
		errx(2, "laid out beyond the memory");
	memcpy(laid_out + (address - BASE), from, length);
}

static void put_word(uint64_t address, uint64_t value)
{
	put(address, &value, sizeof(value));
}

static void put_number(uint64_t address, uint32_t value)
{
	put(address, &value, sizeof(value));
}

/* Places of words in _Py_DebugOffsets by minor (shim/common/python/layout.c), and what they say. */
static const struct {
	uint16_t place[3];
	uint16_t value;
} told[] = {
	{{5, 5, 5}, RUNTIME_LIST}, /* of _PyRuntime: interpreters */
	{{8, 8, 8}, 16},           /* of an interpreter: next, threads, lock */
	{{9, 9, 9}, 24},
	{{14, 15, 15}, 32},
	{{15, 16, 16}, 800},
	{{17, 18, 18}, 816},
	{{18, 19, 19}, 808},
	{{21, 24, 24}, 8}, /* of a thread: next, interpreter, frame, id */
	{{22, 25, 25}, 16},
	{{23, 26, 26}, 72},
	{{24, 27, 30}, 152},
	{{29, 32, 40}, 8}, /* of a frame: previous, code, instruction, owner */
	{{30, 33, 41}, 0},
	{{31, 34, 42}, 56},
	{{33, 36, 44}, 70},
	{{35, 40, 50}, 112}, /* of code: file, name, lines, first line, start */
	{{37, 42, 51}, 128},
	{{38, 43, 52}, 136},
	{{39, 44, 53}, 68},
	{{43, 48, 56}, 200},
	{{65, 75, 87}, 16}, /* of bytes and text */
	{{66, 76, 88}, 32},
	{{68, 78, 90}, 32},
	{{69, 79, 91}, 16},
	{{70, 80, 92}, 40},
	{{10, 11, 11}, 0x100}, /* the collector, sys, whether it collects */
	{{12, 13, 13}, 0x90},
	{{72, 82, 95}, 200},
};

static void put_offsets(uint32_t version)
{
	uint32_t minor = version >> 16 & 0xff;

	put(RUNTIME, "xdebugpy", 8);
	put_word(RUNTIME + 8, version);
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
		put_word(RUNTIME + 8 * (uint64_t)told[i].place[minor - 13], told[i].value);
	if (minor == 14)
		put_word(RUNTIME + UINT64_C(8) * 35, 80);
}

static uint64_t put_type(uint32_t number, const char *name)
{
	put_word(TYPE(number) + 24, TYPE(number) + 32);
	put(TYPE(number) + 32, name, strlen(name) + 1);
	return TYPE(number);
}

static uint64_t put_text(uint32_t number, uint32_t kind, const void *data, uint64_t length)
{
	const struct python_layout *layout = &laying->layout;
	uint64_t address = TEXT(number);
	bool ascii = kind == 1;

	put_word(address + 8, TEXT_TYPE);
	put_word(address + layout->text_length, length);
	put_number(address + layout->text_state,
		   kind << 2 | UINT32_C(1) << 5 | (uint32_t)ascii << 6);
	put(address + (ascii ? layout->text_ascii : layout->text_compact), data, length * kind);
	return address;
}

static uint64_t put_ascii(uint32_t number, const char *text)
{
	return put_text(number, 1, text, strlen(text));
}

static void put_lines(void)
{
	static const uint8_t lnotab[] = {6, 1, 255, 0, 45, 10, 2, 252};
	static const uint8_t ranges[] = {4, 1, 2, 128, 255, 3};
	static const uint8_t locations[] = {0x80 | 13 << 3 | 3,
					    2 << 1,
					    0x80 | 11 << 3 | 1,
					    4,
					    9,
					    0x80 | 14 << 3 | 7,
					    5 << 1,
					    0,
					    65,
					    1,
					    7,
					    0x80 | 1 << 3 | 7,
					    3,
					    0x80 | 15 << 3};
	const struct python_layout *layout = &laying->layout;
	const uint8_t *table = layout->lines == PYTHON_LINES_LNOTAB   ? lnotab
			       : layout->lines == PYTHON_LINES_RANGES ? ranges
								      : locations;
	size_t length = layout->lines == PYTHON_LINES_LNOTAB   ? sizeof(lnotab)
			: layout->lines == PYTHON_LINES_RANGES ? sizeof(ranges)
							       : sizeof(locations);

	put_word(LINES + layout->bytes_length, length);
	put(LINES + layout->bytes_data, table, length);
}

static void put_code(uint64_t address, uint64_t file, uint64_t name)
{
	const struct python_layout *layout = &laying->layout;

	put_word(address + 8, CODE_TYPE);
	put_word(address + layout->code_file, file);
	put_word(address + layout->code_name, name);
	put_number(address + layout->code_first_line, 100);
	put_word(address + layout->code_lines, LINES);
	put_number(address + layout->code_locals, 3);
}

static void put_frame(uint32_t number)
{
	const struct python_layout *layout = &laying->layout;
	uint64_t frame = FRAME(number), code = CODE(number != 0);
	uint64_t tag = layout->chain == PYTHON_FRAME_SHIMS && layout->code_start == 200;
	bool is_last = number == FRAMES - 1;
	uint8_t one = 1, owner = is_last ? 3 : 0;

	if (layout->frame_locals) {
		put_word(frame + layout->frame_locals, OBJECT | tag);
		put_word(frame + layout->frame_locals + 8, TEXT_FILE | tag);
		put_word(frame + layout->frame_locals + 16, 3);
	}
	put_word(frame + layout->frame_code, code | tag);
	put_word(frame + layout->frame_previous, is_last ? 0 : FRAME(number + 1));
	if (layout->code_start)
		put_word(frame + layout->frame_instruction, code + layout->code_start + 10);
	else
		put_number(frame + layout->frame_instruction, 8);
	if (layout->chain == PYTHON_FRAME_OBJECTS)
		put_word(frame + layout->frame_globals, GLOBALS);
	else
		put_word(frame + layout->frame_function, FUNCTION | tag);
	if (layout->chain == PYTHON_FRAME_CALLS)
		put(frame + layout->frame_entry, &one, number % 2);
	if (layout->chain == PYTHON_FRAME_SHIMS)
		put(frame + layout->frame_owner, &owner, 1);
}

static void put_thread(uint64_t thread, uint64_t next, uint64_t self)
{
	const struct python_layout *layout = &laying->layout;

	put_word(thread + layout->thread_next, next);
	put_word(thread + layout->thread_interpreter, STATE);
	put_word(thread + layout->thread_id, self);
	if (layout->thread_call)
		put_word(thread + layout->thread_call, CALLS);
	if (layout->thread_frame)
		put_word(thread + layout->thread_frame, FRAME(0));
	else
		put_word(CALLS + layout->call_frame, FRAME(0));
	if (layout->call_previous)
		put_word(CALLS + layout->call_previous, CALLS + 0x40);
}

static void put_interpreter(void)
{
	const struct python_layout *layout = &laying->layout;

	put_word(RUNTIME + layout->interpreters, STATE_OTHER);
	put_word(STATE_OTHER + layout->interpreter_next, STATE);
	put_word(STATE + layout->interpreter_threads, THREAD_OTHER);
	put_thread(THREAD_OTHER, THREAD, SELF + 8);
	put_thread(THREAD, 0, SELF);
	if (layout->current)
		put_word(RUNTIME + layout->current, THREAD);
	if (layout->interpreter_gil) {
		put_word(STATE_OTHER + layout->interpreter_gil, LOCK_STATE);
		put_word(LOCK_STATE + layout->gil_holder, THREAD);
		put_number(LOCK_STATE + layout->gil_locked, 1);
	}
}

/* With two entries; without hashes where the version has that. */
static void put_keys(uint64_t keys, bool has_hashes, const uint64_t pairs[4])
{
	struct python_entries entries;
	uint8_t head[] = {3, 3, !has_hashes};

	if (laying->layout.attributes == PYTHON_ATTRIBUTES_DICTIONARY) {
		put_word(keys + 8, 8);
		put_word(keys + 32, 2);
	} else {
		put(keys + 8, head, sizeof(head));
		put_word(keys + 24, 2);
	}
	if (!python_find_entries(laying, keys, &entries))
		errx(2, "no entries");
	for (uint64_t i = 0; i < 2; i++) {
		put_word(entries.first + i * entries.stride + entries.key, pairs[2 * i]);
		put_word(entries.first + i * entries.stride + entries.value, pairs[2 * i + 1]);
	}
}

static void put_dictionary(uint64_t address, const uint64_t pairs[4])
{
	put_word(address + 8, put_type(0, "dict"));
	put_word(address + PYTHON_DICTIONARY_KEYS, address + 0x40);
	put_keys(address + 0x40, true, pairs);
}

/* A threading.Thread, with its attributes where the version has them. */
static void put_started_thread(void)
{
	const struct python_layout *layout = &laying->layout;
	bool is_dictionary = layout->attributes == PYTHON_ATTRIBUTES_DICTIONARY;
	uint64_t value = put_ascii(0, "squares_0");
	const uint64_t pairs[] = {put_ascii(1, "_target"), TEXT(1), put_ascii(2, "_name"), value};

	put_word(OBJECT + 8, THREAD_TYPE);
	put_keys(NAME_KEYS, is_dictionary, pairs);
	put_word(NAMES + PYTHON_DICTIONARY_KEYS, NAME_KEYS);
	put_word(THREAD_TYPE + layout->type_keys, NAME_KEYS);
	switch (layout->attributes) {
	case PYTHON_ATTRIBUTES_UNKNOWN:
		break;
	case PYTHON_ATTRIBUTES_DICTIONARY:
		put_word(THREAD_TYPE + 288, 16);
		put_word(OBJECT + 16, NAMES);
		break;
	case PYTHON_ATTRIBUTES_POINTERS:
		put_word(OBJECT - 32, NAME_VALUES);
		put_word(NAME_VALUES + 8, value);
		break;
	case PYTHON_ATTRIBUTES_TAGGED:
		put_word(OBJECT - 24, NAME_VALUES - 1);
		put_word(NAME_VALUES + 8, value);
		break;
	case PYTHON_ATTRIBUTES_INLINE:
		put_word(THREAD_TYPE + 32, 16);
		put_word(OBJECT + 16 + layout->values_start + 8, value);
		break;
	}
}

static void put_ring(uint64_t list)
{
	put_word(list, list);
	put_word(list + 8, list);
}

/* The file is the only object of the youngest. */
static void put_collector(void)
{
	const struct python_layout *layout = &laying->layout;
	uint64_t collector = layout->runtime_has_collector ? RUNTIME : STATE;
	uint64_t youngest = collector + layout->generations, head = BUFFERED_FILE - 16;

	for (uint64_t i = 1; i < 3; i++)
		put_ring(youngest + 24 * i);
	put_ring(collector + layout->permanent);
	put_word(youngest, head);
	put_word(youngest + 8, head | 2);
	put_word(head, youngest);
	put_word(head + 8, youngest | 1);
}

static void put_files(void)
{
	const struct python_layout *layout = &laying->layout;
	const uint64_t pairs[] = {put_ascii(3, "stderr"), BUFFERED_FILE, put_ascii(4, "stdout"),
				  TEXT_FILE};

	put_word(TEXT_FILE + 8, put_type(1, "_io.TextIOWrapper"));
	put_number(TEXT_FILE + 16, 1);
	put_word(TEXT_FILE + 32, BUFFERED_FILE);
	put_word(TEXT_FILE + 136, PIECES);
	put_word(TEXT_FILE + 144, 8);
	put_word(PIECES + 8, put_type(2, "list"));
	put_word(PIECES + 16, 3);
	put_word(PIECES + 24, PIECES + 0x20);
	put_word(PIECES + 0x20, put_ascii(5, "one "));
	put_word(PIECES + 0x28, PENDING_BYTES);
	put_word(PIECES + 0x30, put_ascii(10, ""));
	put_word(PENDING_BYTES + 8, put_type(3, "bytes"));
	put_word(PENDING_BYTES + 16, 4);
	put(PENDING_BYTES + layout->bytes_data, "two\n", 4);
	put_word(BUFFERED_FILE + 8, put_type(4, "_io.BufferedWriter"));
	put_word(BUFFERED_FILE + 16, RAW_FILE);
	put_number(BUFFERED_FILE + 24, 1);
	put_number(BUFFERED_FILE + 36, 1);
	put_word(BUFFERED_FILE + 56, BUFFER);
	put_word(BUFFERED_FILE + 88, 2);
	put_word(BUFFERED_FILE + 96, 7);
	put_word(BUFFERED_FILE + 120, 32);
	put(BUFFER, "..hello.", 8);
	put_word(RAW_FILE + 8, put_type(5, "_io.FileIO"));
	put_number(RAW_FILE + 16, 1);
	put_type(6, "_io.BufferedRandom");
	put_dictionary(SYSTEM, pairs);
	put_dictionary(GLOBALS, pairs);
	put_word(STATE + layout->interpreter_system, SYSTEM);
	put_word(FUNCTION + 8, put_type(7, "function"));
	put_word(FUNCTION + 16, GLOBALS);
}

/* A thread that waits for a threading.RLock of 3.14. */
static void put_waiter(void)
{
	uint8_t state = 3;

	put_word(WAITER, 1);
	put_word(WAITER + 8, LOCK + 16);
	put_word(WAITER + 48, WAITER + 64);
	put_word(WAITER + 56, WAITER + 64);
	put_word(WAITER + 64, WAITER + 48);
	put_word(WAITER + 72, WAITER + 48);
	put_word(LOCK + 8, put_type(8, "_thread.RLock"));
	put_word(TYPE(8) + 8, TYPE(9));
	put_word(TYPE(9) + 8, TYPE(9));
	put(LOCK + 16, &state, 1);
	put_word(LOCK + 24, SELF + 8);
}

static void lay_out(struct base *base, struct python_walk *walk)
{
	static const uint16_t wide[] = {'r', 0xe9, 0x20ac, 0xdcff, 0xd800, 'e'};
	static const uint32_t wider[] = {'/', 0x1f40d, '.', 'p', 'y'};
	uint32_t version = walk->interpreter->version;
	uint64_t file, name;

	laid_out = base->bytes;
	laying = walk;
	if (version >= 0x030d0000)
		put_offsets(version);
	if (python_find_layout(walk) != PYTHON_READ)
		errx(2, "%x: no layout", version);
	put_interpreter();
	put_lines();
	file = put_ascii(6, "/usr/lib/python3/threading.py");
	name = put_ascii(7, walk->layout.code_start ? "Thread.start" : "start");
	put_code(CODE(0), file, name);
	put_code(CODE(1), put_text(8, 4, wider, 5), put_text(9, 2, wide, 6));
	for (uint32_t i = 0; i < FRAMES; i++)
		put_frame(i);
	put_started_thread();
	put_files();
	put_collector();
	put_waiter();
}

/* --- what is read ---------------------------------------------------------------- */

/* What one pass has found: all of it where nothing was spoilt. */
struct found {
	uint32_t frames, lines, files;
	bool is_starting, has_name, has_collector, has_holder, is_parked;
};

/* Four steps to a power of two. */
static uint32_t step_of(uint32_t reads)
{
	uint32_t power = 31 - (uint32_t)__builtin_clz(reads | 4);

	return 4 * power + (reads >> (power - 2) & 3);
}

static void ask(struct hostile *hostile, enum asked asked)
{
	reads_seen[hostile->asked * READS_STEPS + step_of(hostile->reads) % READS_STEPS] = 1;
	hostile->reads = 0;
	hostile->asked = asked;
}

static void visit(const struct python_file *file, void *data)
{
	struct found *found = data;

	check(file->sampled <= PYTHON_SAMPLE && file->sampled <= file->length && file->length,
	      "a sample that is longer than what waits");
	check(file->descriptor >= 0, "a file without a descriptor");
	found->files++;
}

static void read_frames(struct hostile *hostile, const struct python_walk *walk,
			struct found *found)
{
	check(walk->count <= SESSION_PYTHON_FRAMES, "more frames than there is room for");
	found->frames = walk->count;
	for (uint32_t i = 0; i < walk->count; i++) {
		struct python_code *code = malloc(sizeof(*code));

		ask(hostile, ASKED_REST);
		if (python_read_code(walk, walk->frames[i].code, code)) {
			check(code->file_length <= sizeof(code->file) &&
				      code->function_length <= sizeof(code->function),
			      "a name that is longer than its room");
			ask(hostile, ASKED_LINE);
			found->lines +=
				python_find_line(walk, code, walk->frames[i].instruction) != 0;
		}
		free(code);
	}
}

/* In memory of exactly that size. */
static bool read_name(const struct python_walk *walk, size_t capacity, bool keep_end)
{
	char *name = malloc(capacity);
	size_t length = 0;
	bool read = python_started_name(walk, name, capacity, &length);

	check(length <= capacity, "a name that is longer than its room");
	python_read_text(walk, TEXT(9), name, capacity, keep_end, &length);
	check(length <= capacity, "a text that is longer than its room");
	free(name);
	return read;
}

static void read_queue(struct hostile *hostile, const struct python_walk *walk)
{
	struct python_queue queue;
	uint64_t count;

	ask(hostile, ASKED_QUEUE);
	if (python_find_queue(walk, walk->thread, 1, &queue))
		python_count_queue(walk, &queue, &count);
}

static void read_names(struct hostile *hostile, const struct python_walk *walk, size_t capacity,
		       struct found *found)
{
	ask(hostile, ASKED_REST);
	found->is_starting = python_is_starting(walk);
	ask(hostile, ASKED_NAME);
	found->has_name = read_name(walk, SESSION_PYTHON_NAME - 1, false);
	ask(hostile, ASKED_NAME);
	read_name(walk, capacity, capacity & 1);
	read_queue(hostile, walk);
}

static void read_files(struct hostile *hostile, const struct python_walk *walk, struct found *found)
{
	struct python_streams streams = {{0, 1}};
	struct python_file *file = malloc(sizeof(*file));

	ask(hostile, ASKED_FILE);
	if (python_read_file(walk, TEXT_FILE, file))
		visit(file, found);
	free(file);
	ask(hostile, ASKED_REST);
	found->has_collector = python_check_collector(walk, STATE);
	ask(hostile, ASKED_FILES);
	python_each_file(walk, THREAD, &streams, visit, found);
	ask(hostile, ASKED_FILES);
	python_each_file(walk, THREAD, &streams, visit, found);
}

static struct found read_all(struct hostile *hostile, const struct python_interpreter *interpreter,
			     size_t capacity)
{
	struct python_walk *walk = calloc(1, sizeof(*walk));
	struct found found = {0};
	struct parked parked;

	walk->memory = &hostile->memory;
	walk->interpreter = interpreter;
	ask(hostile, ASKED_REST);
	if (python_find_layout(walk) == PYTHON_READ) {
		ask(hostile, ASKED_REST);
		found.has_holder = python_lock_holder(walk) == THREAD;
		ask(hostile, ASKED_WALK);
		python_walk_thread(walk, SELF);
		read_frames(hostile, walk, &found);
		ask(hostile, ASKED_WALK);
		python_walk_state(walk, THREAD);
		read_names(hostile, walk, capacity, &found);
		read_files(hostile, walk, &found);
	}
	ask(hostile, ASKED_REST);
	found.is_parked = parked_read(&hostile->memory, interpreter, WAITER + 16, &parked) &&
			  parked.owner == SELF + 8;
	ask(hostile, ASKED_REST);
	free(walk);
	return found;
}

static struct python_interpreter interpreter_of(size_t number)
{
	return (struct python_interpreter){.runtime = RUNTIME,
					   .code_type = CODE_TYPE,
					   .unicode_type = TEXT_TYPE,
					   .version = versions[number]};
}

/* What is not found in what nobody has spoilt would be fuzzed in vain. */
static void make_base(size_t number)
{
	struct base *base = &bases[number];
	struct python_interpreter interpreter = interpreter_of(number);
	struct hostile hostile = {
		.memory = {.read = read_hostile}, .bytes = base->bytes, .base = base};
	struct python_walk walk = {.memory = &hostile.memory, .interpreter = &interpreter};
	struct found found;
	bool is_parking = versions[number] >= 0x030d0000;

	lay_out(base, &walk);
	hostile.noting = base;
	found = read_all(&hostile, &interpreter, 64);
	if (found.frames < FRAMES - 1 || found.lines != found.frames || found.files < 7 ||
	    !found.is_starting || !found.has_collector || !found.has_holder ||
	    found.has_name != (walk.layout.attributes != PYTHON_ATTRIBUTES_UNKNOWN) ||
	    found.is_parked != is_parking || base->touched_count == TOUCHED_MAX)
		errx(2, "%x: %u frames, %u lines, %u files, %d%d%d%d%d", versions[number],
		     found.frames, found.lines, found.files, found.is_starting, found.has_name,
		     found.has_collector, found.has_holder, found.is_parked);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
	(void)count;
	(void)arguments;
	for (size_t i = 0; i < VERSIONS; i++)
		make_base(i);
	return 0;
}

/* --- what is spoilt -------------------------------------------------------------- */

enum patch_kind {
	PATCH_BYTES,   /* bytes anywhere */
	PATCH_SPECIAL, /* a word that is read becomes one that is often mishandled */
	PATCH_NUMBER,  /* a half of it does */
	PATCH_ADD,     /* a small number is added to it */
	PATCH_POINTER, /* it becomes an address in the memory */
	PATCH_SAME,    /* it becomes what another one is */
	PATCH_REPEAT,  /* it is written over the words behind a place */
	PATCH_COPY,    /* 64 bytes of one place to another */
	PATCH_PAUSE,   /* the next patches are applied that many reads later */
	PATCH_KINDS
};

static uint64_t take_touched(const struct hostile *hostile)
{
	const struct base *base = hostile->base;

	return base->touched[input_take(hostile->input, 2) % base->touched_count];
}

static void set_word(struct hostile *hostile, uint64_t at, uint64_t value)
{
	if (at <= MEMORY_SIZE - sizeof(value))
		memcpy(hostile->bytes + at, &value, sizeof(value));
}

static uint64_t word_at(const struct hostile *hostile, uint64_t at)
{
	uint64_t value;

	memcpy(&value, hostile->bytes + at, sizeof(value));
	return value;
}

static void repeat(struct hostile *hostile)
{
	uint64_t value = word_at(hostile, take_touched(hostile));
	uint64_t at = input_take(hostile->input, 2) % MEMORY_SIZE & ~UINT64_C(7);
	uint32_t count = input_take(hostile->input, 2) % 1024;

	for (uint32_t i = 0; i < count; i++)
		set_word(hostile, at + i * sizeof(value), value);
}

/* False after a pause, or at the end. */
static bool apply_patch(struct hostile *hostile)
{
	struct input *input = hostile->input;
	uint64_t at, other;
	uint32_t number;

	switch (input_take(input, 1) % PATCH_KINDS) {
	case PATCH_BYTES:
		input_overwrite(input, hostile->bytes, MEMORY_SIZE);
		break;
	case PATCH_SPECIAL:
		at = take_touched(hostile);
		set_word(hostile, at, input_take_special(input));
		break;
	case PATCH_NUMBER:
		at = take_touched(hostile) + 4 * (input_take(input, 1) & 1);
		number = (uint32_t)input_take_special(input);
		memcpy(hostile->bytes + at, &number, sizeof(number));
		break;
	case PATCH_ADD:
		at = take_touched(hostile);
		set_word(hostile, at,
			 word_at(hostile, at) + (uint64_t)(int64_t)(int8_t)input_take(input, 1));
		break;
	case PATCH_POINTER:
		at = take_touched(hostile);
		set_word(hostile, at,
			 BASE + UINT64_C(8) * (input_take(input, 2) % (MEMORY_SIZE / 8)));
		break;
	case PATCH_SAME:
		at = take_touched(hostile);
		other = take_touched(hostile);
		set_word(hostile, at, word_at(hostile, other));
		break;
	case PATCH_REPEAT:
		repeat(hostile);
		break;
	case PATCH_COPY:
		at = UINT64_C(8) * (input_take(input, 2) % (MEMORY_SIZE / 8 - 8));
		other = UINT64_C(8) * (input_take(input, 2) % (MEMORY_SIZE / 8 - 8));
		memmove(hostile->bytes + at, hostile->bytes + other, 64);
		break;
	case PATCH_PAUSE:
		hostile->pause = 1 + input_take(input, 2) % 4096;
		return false;
	}
	return input->left > 0;
}

static void apply_patches(struct hostile *hostile)
{
	while (hostile->input->left && apply_patch(hostile))
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static uint8_t bytes[MEMORY_SIZE];
	struct input input = {data, length};
	uint32_t head = input_take(&input, 1);
	size_t capacity = 1 + input_take(&input, 1);
	size_t number = head % VERSIONS;
	struct python_interpreter interpreter = interpreter_of(number);
	struct hostile hostile = {.memory = {.read = read_hostile},
				  .bytes = bytes,
				  .base = &bases[number],
				  .input = &input,
				  .is_endless = head & 0x80};

	memcpy(bytes, bases[number].bytes, sizeof(bytes));
	apply_patches(&hostile);
	read_all(&hostile, &interpreter, capacity);
	return 0;
}
