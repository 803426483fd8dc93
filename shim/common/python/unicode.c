/*
 * Strings of Python are read here, by PEP 393: one, two or four bytes to a character, behind a
 * header whose length tells whether the string is ASCII.
 */
#include "cpython.h"

#define OBJECT_TYPE 8
#define PIECE       64
/* No name is longer; what says so is none. */
#define LENGTH_MAX (1u << 20)

/* The word `state`: two bits of interning, then these. */
#define STATE_KIND(state)    ((state) >> 2 & 7)
#define STATE_COMPACT(state) ((state) >> 5 & 1)
#define STATE_ASCII(state)   ((state) >> 6 & 1)

struct text_source {
	uint64_t data;
	uint64_t length; /* in characters */
	uint32_t kind;   /* bytes to a character */
	uint32_t widest; /* bytes of UTF-8 that a character may need */
};

static bool find_source(const struct python_walk *walk, uint64_t address,
			struct text_source *source)
{
	const struct python_layout *layout = &walk->layout;
	uint64_t type;
	uint32_t state;

	if (!python_read_word(walk, address + OBJECT_TYPE, &type) ||
	    type != walk->interpreter->unicode_type ||
	    !python_read_word(walk, address + layout->text_length, &source->length) ||
	    !walk->memory->read(walk->memory, &state, address + layout->text_state, sizeof(state)))
		return false;
	source->kind = STATE_KIND(state);
	source->widest = STATE_ASCII(state) ? 1 : source->kind < 4 ? source->kind + 1 : 4;
	source->data = address + (STATE_ASCII(state) ? layout->text_ascii : layout->text_compact);
	return STATE_COMPACT(state) && source->length <= LENGTH_MAX &&
	       (source->kind == 1 || source->kind == 2 || source->kind == 4);
}

static uint32_t character_at(const uint8_t *bytes, uint32_t kind)
{
	uint32_t value = 0;

	for (uint32_t i = kind; i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

/* How os.fsdecode() writes a byte that is not UTF-8 (PEP 383). */
static bool is_escaped_byte(uint32_t character)
{
	return character >= 0xdc80 && character <= 0xdcff;
}

static size_t encode(uint32_t character, uint8_t out[4])
{
	if (is_escaped_byte(character)) {
		out[0] = (uint8_t)character;
		return 1;
	}
	if (character < 0x80) {
		out[0] = (uint8_t)character;
		return 1;
	}
	if (character < 0x800) {
		out[0] = (uint8_t)(0xc0 | character >> 6);
		out[1] = (uint8_t)(0x80 | (character & 63));
		return 2;
	}
	if (character < 0x10000) {
		out[0] = (uint8_t)(0xe0 | character >> 12);
		out[1] = (uint8_t)(0x80 | (character >> 6 & 63));
		out[2] = (uint8_t)(0x80 | (character & 63));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | (character >> 18 & 7));
	out[1] = (uint8_t)(0x80 | (character >> 12 & 63));
	out[2] = (uint8_t)(0x80 | (character >> 6 & 63));
	out[3] = (uint8_t)(0x80 | (character & 63));
	return 4;
}

/* Appends one piece of characters. False when there is no more room. */
static bool append_piece(const uint8_t *piece, size_t characters, uint32_t kind, char *to,
			 size_t capacity, size_t *length)
{
	for (size_t i = 0; i < characters; i++) {
		uint8_t out[4];
		size_t size = encode(character_at(piece + i * kind, kind), out);

		if (size > capacity - *length)
			return false;
		for (size_t k = 0; k < size; k++)
			to[(*length)++] = (char)out[k];
	}
	return true;
}

bool python_read_text(const struct python_walk *walk, uint64_t address, char *to, size_t capacity,
		      bool keep_end, size_t *length)
{
	struct text_source source;
	uint8_t piece[PIECE];
	uint64_t at = 0;

	*length = 0;
	if (!find_source(walk, address, &source))
		return false;
	if (keep_end && source.length > capacity / source.widest)
		at = source.length - capacity / source.widest;
	while (at < source.length) {
		uint64_t left = source.length - at, room = sizeof(piece) / source.kind;
		size_t characters = (size_t)(left < room ? left : room);

		if (!walk->memory->read(walk->memory, piece, source.data + at * source.kind,
					characters * source.kind))
			return false;
		if (!append_piece(piece, characters, source.kind, to, capacity, length))
			break;
		at += characters;
	}
	return true;
}
