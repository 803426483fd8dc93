/*
 * The frames of a CPython interpreter, read from its memory: inside the process
 * (shim/) or from outside (cli/), by the same code.
 *
 * Nothing here calls the interpreter, allocates, keeps state or follows a
 * pointer: all that is read goes through struct python_memory, which fails
 * where a load would fault, or was told that none would. Loops are bounded, for the memory may be
 * anything: another thread's, or a program's that wants to lead us astray.
 *
 * A layout that is not known is refused. What is read is checked on the way: a
 * thread state names its interpreter, a code object and a string name their
 * type. One that fails ends the walk without a frame.
 */
#ifndef FORKCHECK_COMMON_PYTHON_CPYTHON_H
#define FORKCHECK_COMMON_PYTHON_CPYTHON_H

#include "../log_format.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct python_memory {
	/* Copies `length` bytes. False where not all of them are there. */
	bool (*read)(const struct python_memory *memory, void *to, uint64_t address, size_t length);
	/* A load would do, and does for single words. */
	bool is_plain;
};

/* Where things are in one minor version. Offsets in bytes. */
struct python_layout {
	/* _PyRuntime: the list of interpreters; the thread state with the GIL (0: not there) */
	uint32_t interpreters, current;
	/* PyInterpreterState; `gil` is a pointer to the state of the lock (0: not used) */
	uint32_t interpreter_next, interpreter_threads, interpreter_gil, gil_holder, gil_locked;
	/* PyThreadState: a frame, or a link in the chain of C calls that has one */
	uint32_t thread_next, thread_interpreter, thread_id, thread_frame, thread_call;
	/* _PyCFrame; `call_frame` is where its frame is (3.11, 3.12) */
	uint32_t call_frame, call_previous;
	/* a frame; `frame_entry` marks the first one of a C call (3.11) */
	uint32_t frame_previous, frame_code, frame_instruction, frame_owner, frame_entry;
	/* PyCodeObject; `code_start` is where its instructions are (0: instructions are numbers) */
	uint32_t code_file, code_name, code_first_line, code_lines, code_start;
	/* PyBytesObject */
	uint32_t bytes_length, bytes_data;
	/* PyUnicodeObject: where characters are, with and without others than ASCII */
	uint32_t text_length, text_state, text_ascii, text_compact;
	/* of the interpreter: the dictionary of sys. Of it, or of _PyRuntime in 3.8: the lists
	 * of the collector (0: not known), the last of them, and whether it collects now */
	uint32_t interpreter_system, generations, permanent, collecting;
	bool runtime_has_collector;
	/* a frame's global variables (up to 3.10) or its function, which has them */
	uint32_t frame_globals, frame_function;
	/* its local ones (0: not known), and their number */
	uint32_t frame_locals, code_locals;
	/* for python_started_name() */
	uint32_t type_keys, values_start;
	enum python_attributes {
		PYTHON_ATTRIBUTES_UNKNOWN,
		PYTHON_ATTRIBUTES_DICTIONARY, /* up to 3.10 */
		PYTHON_ATTRIBUTES_POINTERS,   /* 3.11: to an array and to a dictionary */
		PYTHON_ATTRIBUTES_TAGGED,     /* 3.12: to either */
		PYTHON_ATTRIBUTES_INLINE,     /* 3.13: an array in the object, or a dictionary */
	} attributes;
	enum python_chain {
		PYTHON_FRAME_OBJECTS, /* up to 3.10: frames are objects on the heap */
		PYTHON_FRAME_CALLS,   /* 3.11: a C call has a chain of frames */
		PYTHON_FRAME_SHIMS,   /* 3.12 on: a frame of its own stands for the C call */
	} chain;
	enum python_lines {
		PYTHON_LINES_LNOTAB,    /* 3.8, 3.9 */
		PYTHON_LINES_RANGES,    /* 3.10 */
		PYTHON_LINES_LOCATIONS, /* 3.11 on */
	} lines;
};

/* One frame as it was found, before its code object is named. */
struct python_found {
	uint64_t code;
	uint64_t call;       /* an address within the C frame of the evaluator; 0: not known */
	uint64_t identity;   /* tells code objects at one address apart */
	int32_t instruction; /* offset in bytes */
};

struct python_walk {
	const struct python_memory *memory;
	const struct python_interpreter *interpreter;
	struct python_layout layout;
	uint64_t thread;    /* the thread state whose frames these are */
	uint64_t innermost; /* its frame */
	uint32_t count;
	bool truncated;
	struct python_found frames[SESSION_PYTHON_FRAMES];
};

/* Names of a code object: UTF-8 (or the bytes of a file name that is not), no NUL. */
struct python_code {
	int32_t first_line;
	uint64_t line_table; /* the object */
	size_t file_length;
	size_t function_length;
	char file[SESSION_PYTHON_FILE];
	char function[SESSION_PYTHON_FUNCTION];
};

/* Fills the walk's layout. */
enum python_status python_find_layout(struct python_walk *walk);

/* The frames of the thread with this pthread_self(), innermost first. A thread
 * that runs no Python code has PYTHON_NO_THREAD. */
enum python_status python_walk_thread(struct python_walk *walk, uint64_t self);
/* The same where the address of the thread state is known. */
enum python_status python_walk_state(struct python_walk *walk, uint64_t thread);
/* The thread state that has the interpreter's lock now; 0: not known, or none. */
uint64_t python_lock_holder(struct python_walk *walk);

/* False where the code object is none. */
bool python_read_code(const struct python_walk *walk, uint64_t address, struct python_code *code);
/* The line of an instruction; 0: none is known. */
int32_t python_find_line(const struct python_walk *walk, const struct python_code *code,
			 int32_t instruction);

/* Is the walked thread in threading.Thread.start()? Or in other code with
 * the same name of function and file. */
bool python_is_starting(const struct python_walk *walk);
/* Then: the name of the thread that it starts. False where the version is not
 * known that well, or the object is not what it seems: memory that is read for it
 * may not be there. */
bool python_started_name(const struct python_walk *walk, char *to, size_t capacity, size_t *length);

/* A queue into which a thread has put something. */
struct python_queue {
	uint64_t object; /* a SimpleQueue, a deque or a list; 0: none is known */
	uint64_t type;
	bool is_simple;
};

/* The queue that a method among the innermost frames of a thread state belongs to. Of a
 * SimpleQueue the lock must be that one. Memory that is read for it may not be there. */
bool python_find_queue(const struct python_walk *walk, uint64_t thread, uint64_t lock,
		       struct python_queue *queue);
/* How much is in it. False where it is not there any more. */
bool python_count_queue(const struct python_walk *walk, const struct python_queue *queue,
			uint64_t *count);

/* A string as UTF-8, cut to `capacity` bytes; with `keep_end` from its end.
 * False where the address is not that of a string. */
bool python_read_text(const struct python_walk *walk, uint64_t address, char *to, size_t capacity,
		      bool keep_end, size_t *length);

/* Of the bytes that wait in a file: enough to tell them from others. */
#define PYTHON_SAMPLE 256

/* A file object of the io module with bytes that it has not written yet. */
struct python_file {
	uint64_t object; /* a BufferedWriter or BufferedRandom */
	uint64_t text;   /* the TextIOWrapper before it; 0: none, or none is known */
	uint64_t buffer; /* where the object's buffer is */
	uint64_t size;   /* of that */
	uint64_t length; /* of what its next write will begin with */
	int32_t descriptor;
	uint32_t pieces; /* of the text before it that were looked at */
	uint32_t sampled;
	uint8_t sample[PYTHON_SAMPLE]; /* the first bytes */
};

/* One that the walk can reach: at the address of the object or of the text layer.
 * False where it is none of both, where nothing waits, or where somebody is using it. */
bool python_read_file(const struct python_walk *walk, uint64_t address, struct python_file *file);

/* Where the standard streams were last time, to look there first. */
struct python_streams {
	uint32_t index[2];
};

/* Are the lists of the collector where they must be, whole at their ends? */
bool python_check_collector(const struct python_walk *walk, uint64_t interpreter);
/*
 * Calls `visit` with the files among sys.stdout, sys.stderr, the variables of the
 * thread's frames and the youngest objects that the collector has; with one twice,
 * perhaps. Some 1,000 objects are looked at. For the thread state that has the
 * interpreter's lock, once the collector was checked.
 */
void python_each_file(const struct python_walk *walk, uint64_t thread,
		      struct python_streams *streams,
		      void (*visit)(const struct python_file *file, void *data), void *data);

/* For the parts: what kind of file an object of this type is, and such an object. */
enum python_file_kind {
	PYTHON_NO_FILE,
	PYTHON_FILE_TEXT,
	PYTHON_FILE_BUFFERED,
};

enum python_file_kind python_file_kind(const struct python_walk *walk, uint64_t type);
bool python_read_kind(const struct python_walk *walk, uint64_t address, enum python_file_kind kind,
		      struct python_file *file);
/* For the parts: an object of a type of this name. */
bool python_has_type(const struct python_walk *walk, uint64_t object, const char *name);
/* For the parts: the innermost frame of a thread state. */
bool python_find_frame(const struct python_walk *walk, uint64_t thread, uint64_t *frame);

/* For the parts: PyDictObject, the same from 3.8 to 3.15, and its entries. */
#define PYTHON_DICTIONARY_KEYS   32
#define PYTHON_DICTIONARY_VALUES 40
#define PYTHON_KEY_MAX           16

struct python_entries {
	uint64_t first;
	uint64_t count;
	uint32_t stride, key, value;
};

bool python_find_entries(const struct python_walk *walk, uint64_t keys,
			 struct python_entries *entries);
/* Is the key of this entry the string `name`, of PYTHON_KEY_MAX bytes at most? */
bool python_has_key(const struct python_walk *walk, const struct python_entries *entries,
		    uint64_t index, const char *name);

/* For the parts: the value of an attribute of an object of Python code. */
bool python_find_attribute(const struct python_walk *walk, uint64_t object, const char *name,
			   uint64_t *value);

/* For the parts: references in frames carry tags in the low bits (3.14: _PyStackRef). */
#define PYTHON_TAGS UINT64_C(7)

/* For the parts: one word of memory. */
static inline bool python_read_word(const struct python_walk *walk, uint64_t address,
				    uint64_t *value)
{
	if (!walk->memory->is_plain)
		return walk->memory->read(walk->memory, value, address, sizeof(*value));
	__builtin_memcpy(value, (const void *)(uintptr_t)address, sizeof(*value));
	return true;
}

#endif
