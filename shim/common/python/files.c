/*
 * What waits in files of Python's io module is read here: a TextIOWrapper before a
 * BufferedWriter or BufferedRandom before a FileIO. Their structures are private, and the same
 * from 3.8 to 3.15 (Modules/_io: textio.c, bufferedio.c, fileio.c). A type is known by its
 * name; classes of Python code that inherit from one have their own, and are left out.
 */
#include "cpython.h"
#include <string.h>

#define OBJECT_TYPE 8
#define TYPE_NAME   24
/* The larger of what is looked at of a text layer and of a buffer. */
#define FILE_BYTES 152

/* TextIOWrapper */
#define TEXT_IS_OPEN     16
#define TEXT_IS_DETACHED 20
#define TEXT_BUFFER      32
#define TEXT_PENDING     136
#define TEXT_LENGTH      144
/* BufferedWriter, BufferedRandom */
#define BUFFERED_RAW         16
#define BUFFERED_IS_OPEN     24
#define BUFFERED_IS_DETACHED 28
#define BUFFERED_IS_WRITABLE 36
#define BUFFERED_BUFFER      56
#define BUFFERED_START       88
#define BUFFERED_END         96
#define BUFFERED_OWNER       112
#define BUFFERED_SIZE        120
/* FileIO */
#define RAW_DESCRIPTOR 16
/* bytes, and list, whose items are elsewhere */
#define OBJECT_LENGTH 16
#define LIST_ITEMS    24

/* No buffer is larger; what says so is none. */
#define LENGTH_MAX (UINT64_C(1) << 30)
/* Pieces of text that wait; one may be empty. */
#define PIECES_MAX 512

struct file_view {
	uint8_t bytes[FILE_BYTES];
};

static uint64_t word_at(const struct file_view *view, uint32_t offset)
{
	uint64_t value;

	memcpy(&value, view->bytes + offset, sizeof(value));
	return value;
}

static int32_t number_at(const struct file_view *view, uint32_t offset)
{
	int32_t value;

	memcpy(&value, view->bytes + offset, sizeof(value));
	return value;
}

/* Letter by letter: another name may be shorter, and nothing be mapped behind it. */
static bool type_has_name(const struct python_walk *walk, uint64_t type, const char *name)
{
	uint64_t address;
	char letter;

	if (!python_read_word(walk, type + TYPE_NAME, &address))
		return false;
	do {
		if (!walk->memory->read(walk->memory, &letter, address++, sizeof(letter)) ||
		    letter != *name)
			return false;
	} while (*name++);
	return true;
}

bool python_has_type(const struct python_walk *walk, uint64_t object, const char *name)
{
	uint64_t type;

	return object && python_read_word(walk, object + OBJECT_TYPE, &type) && type &&
	       type_has_name(walk, type, name);
}

/* Most types are told by one letter. */
static bool may_be_private(const struct python_walk *walk, uint64_t type)
{
	uint64_t name;
	char first;

	return python_read_word(walk, type + TYPE_NAME, &name) &&
	       walk->memory->read(walk->memory, &first, name, sizeof(first)) && first == '_';
}

enum python_file_kind python_file_kind(const struct python_walk *walk, uint64_t type)
{
	if (!may_be_private(walk, type))
		return PYTHON_NO_FILE;
	if (type_has_name(walk, type, "_io.TextIOWrapper"))
		return PYTHON_FILE_TEXT;
	if (type_has_name(walk, type, "_io.BufferedWriter") ||
	    type_has_name(walk, type, "_io.BufferedRandom"))
		return PYTHON_FILE_BUFFERED;
	return PYTHON_NO_FILE;
}

static enum python_file_kind files_kind_of(const struct python_walk *walk, uint64_t object)
{
	uint64_t type;

	if (!object || !python_read_word(walk, object + OBJECT_TYPE, &type) || !type)
		return PYTHON_NO_FILE;
	return python_file_kind(walk, type);
}

static bool find_descriptor(const struct python_walk *walk, uint64_t raw, int32_t *descriptor)
{
	return python_has_type(walk, raw, "_io.FileIO") &&
	       walk->memory->read(walk->memory, descriptor, raw + RAW_DESCRIPTOR,
				  sizeof(*descriptor)) &&
	       *descriptor >= 0;
}

/* What waits in the buffer itself is its bytes from `start` to `end`. A thread that
 * owns it may be writing them, and would not write them again. */
static bool read_buffered(const struct python_walk *walk, uint64_t object, struct python_file *file,
			  uint64_t *end)
{
	struct file_view view;
	uint64_t start;

	if (!walk->memory->read(walk->memory, view.bytes, object, BUFFERED_SIZE + 8))
		return false;
	file->object = object;
	file->buffer = word_at(&view, BUFFERED_BUFFER);
	file->size = word_at(&view, BUFFERED_SIZE);
	start = word_at(&view, BUFFERED_START);
	*end = word_at(&view, BUFFERED_END);
	/* The end is -1 where the buffer is not in use. */
	if (*end == UINT64_MAX)
		start = *end = 0;
	if (number_at(&view, BUFFERED_IS_OPEN) != 1 || number_at(&view, BUFFERED_IS_DETACHED) ||
	    number_at(&view, BUFFERED_IS_WRITABLE) != 1 || word_at(&view, BUFFERED_OWNER) ||
	    !file->buffer || !file->size || file->size > LENGTH_MAX || start > *end ||
	    *end > file->size ||
	    !find_descriptor(walk, word_at(&view, BUFFERED_RAW), &file->descriptor))
		return false;
	file->length = *end - start;
	file->sampled = (uint32_t)(file->length < PYTHON_SAMPLE ? file->length : PYTHON_SAMPLE);
	return walk->memory->read(walk->memory, file->sample, file->buffer + start, file->sampled);
}

/* --- text that waits before the buffer ----------------------------------------- */

struct text_view {
	uint64_t buffered;
	uint64_t pending; /* bytes, an ASCII string, or a list of such */
	uint64_t length;  /* of all together */
};

static bool read_text_layer(const struct python_walk *walk, uint64_t object, struct text_view *text)
{
	struct file_view view;

	if (!walk->memory->read(walk->memory, view.bytes, object, TEXT_LENGTH + 8))
		return false;
	text->buffered = word_at(&view, TEXT_BUFFER);
	text->pending = word_at(&view, TEXT_PENDING);
	text->length = word_at(&view, TEXT_LENGTH);
	return number_at(&view, TEXT_IS_OPEN) == 1 && !number_at(&view, TEXT_IS_DETACHED) &&
	       text->length <= LENGTH_MAX && !text->pending == !text->length;
}

static bool sample_bytes(const struct python_walk *walk, uint64_t object, struct python_file *file)
{
	uint64_t length, room = PYTHON_SAMPLE - file->sampled;

	if (!python_read_word(walk, object + OBJECT_LENGTH, &length) || length > LENGTH_MAX)
		return false;
	if (length > room)
		length = room;
	if (!walk->memory->read(walk->memory, file->sample + file->sampled,
				object + walk->layout.bytes_data, length))
		return false;
	file->sampled += (uint32_t)length;
	return true;
}

static bool sample_piece(const struct python_walk *walk, uint64_t object, struct python_file *file)
{
	size_t length;

	if (python_has_type(walk, object, "bytes"))
		return sample_bytes(walk, object, file);
	if (!python_read_text(walk, object, (char *)file->sample + file->sampled,
			      PYTHON_SAMPLE - file->sampled, false, &length))
		return false;
	file->sampled += (uint32_t)length;
	return true;
}

static bool sample_list(const struct python_walk *walk, uint64_t list, struct python_file *file)
{
	uint64_t count, items, item;

	if (!python_read_word(walk, list + OBJECT_LENGTH, &count) ||
	    !python_read_word(walk, list + LIST_ITEMS, &items))
		return false;
	for (uint64_t i = 0; i < count && file->sampled < PYTHON_SAMPLE; i++, file->pieces++)
		if (i == PIECES_MAX || !python_read_word(walk, items + i * sizeof(item), &item) ||
		    !sample_piece(walk, item, file))
			return false;
	return true;
}

/* The text comes behind what is in the buffer: it is written with it where there is
 * room, and else after it. */
static bool add_text(const struct python_walk *walk, const struct text_view *text, uint64_t end,
		     struct python_file *file)
{
	uint64_t expected;

	if (!text->length || (file->length && text->length > file->size - end))
		return true;
	file->length += text->length;
	expected = file->length < PYTHON_SAMPLE ? file->length : PYTHON_SAMPLE;
	return (python_has_type(walk, text->pending, "list")
			? sample_list(walk, text->pending, file)
			: sample_piece(walk, text->pending, file)) &&
	       file->sampled == expected;
}

bool python_read_kind(const struct python_walk *walk, uint64_t address, enum python_file_kind kind,
		      struct python_file *file)
{
	struct text_view text = {.buffered = address};
	uint64_t end;

	file->text = 0;
	file->pieces = 0;
	if (kind == PYTHON_FILE_TEXT) {
		file->text = address;
		if (!read_text_layer(walk, address, &text) ||
		    files_kind_of(walk, text.buffered) != PYTHON_FILE_BUFFERED)
			return false;
	} else if (kind != PYTHON_FILE_BUFFERED) {
		return false;
	}
	return read_buffered(walk, text.buffered, file, &end) && add_text(walk, &text, end, file) &&
	       file->length > 0;
}

bool python_read_file(const struct python_walk *walk, uint64_t address, struct python_file *file)
{
	return python_read_kind(walk, address, files_kind_of(walk, address), file);
}
