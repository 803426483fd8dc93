/*
 * An instruction of Python code gets its line here. There are three formats, all of them
 * sequences of ranges of instructions; read in pieces, and never further than needed.
 *
 * 3.8, 3.9:  pairs of (bytes of instructions, lines to add)
 * 3.10:      the same, but the line is that of the range before it ends, and
 *	      -128 says that the range has none (PEP 626)
 * 3.11 on:   entries of a variable length (Objects/locations.md)
 */
#include "cpython.h"

#define PIECE     128
#define TABLE_MAX (1u << 18)

struct line_table {
	const struct python_walk *walk;
	uint64_t next, end;
	uint32_t at, filled;
	uint8_t piece[PIECE];
};

static bool open_table(struct line_table *table, const struct python_walk *walk, uint64_t address)
{
	uint64_t length;

	if (!python_read_word(walk, address + walk->layout.bytes_length, &length) ||
	    length > TABLE_MAX)
		return false;
	table->walk = walk;
	table->next = address + walk->layout.bytes_data;
	table->end = table->next + length;
	table->at = table->filled = 0;
	return true;
}

/* False at the end of the table. */
static bool lines_take_byte(struct line_table *table, uint8_t *byte)
{
	const struct python_memory *memory = table->walk->memory;
	uint64_t left = table->end - table->next;
	uint32_t length = left < PIECE ? (uint32_t)left : PIECE;

	if (table->at == table->filled) {
		if (!length || !memory->read(memory, table->piece, table->next, length))
			return false;
		table->next += length;
		table->filled = length;
		table->at = 0;
	}
	*byte = table->piece[table->at++];
	return true;
}

/* What is read may be any number: it wraps around. */
static int32_t add_lines(int32_t line, int32_t lines)
{
	return (int32_t)((uint32_t)line + (uint32_t)lines);
}

static int32_t find_in_lnotab(struct line_table *table, int32_t line, int32_t instruction)
{
	int32_t address = 0;
	uint8_t bytes, lines;

	while (lines_take_byte(table, &bytes) && lines_take_byte(table, &lines)) {
		address += bytes;
		if (address > instruction)
			break;
		line = add_lines(line, (int8_t)lines);
	}
	return line;
}

static int32_t find_in_ranges(struct line_table *table, int32_t line, int32_t instruction)
{
	int32_t address = 0;
	uint8_t bytes, lines;

	while (lines_take_byte(table, &bytes) && lines_take_byte(table, &lines)) {
		bool has_line = (int8_t)lines != INT8_MIN;

		address += bytes;
		if (has_line)
			line = add_lines(line, (int8_t)lines);
		if (instruction < address)
			return has_line ? line : 0;
	}
	return 0;
}

/* Six bits to a byte, the lowest first; bit 6 says that more follow. */
static uint32_t take_number(struct line_table *table)
{
	uint32_t value = 0;
	uint8_t byte = 0;

	for (uint32_t shift = 0; shift < 30 && lines_take_byte(table, &byte); shift += 6) {
		value |= (uint32_t)(byte & 63) << shift;
		if (!(byte & 64))
			break;
	}
	return value;
}

static int32_t take_signed(struct line_table *table)
{
	uint32_t value = take_number(table);

	return value & 1 ? -(int32_t)(value >> 1) : (int32_t)(value >> 1);
}

/* Codes of an entry; those below the first of these are for one line, and short. */
enum { CODE_ONE_LINE = 10, CODE_NO_COLUMNS = 13, CODE_LONG = 14, CODE_NONE = 15 };

/* The lines that an entry adds; takes what of it tells columns. */
static int32_t take_location(struct line_table *table, uint32_t code)
{
	int32_t lines = 0;
	uint8_t column;

	if (code == CODE_LONG || code == CODE_NO_COLUMNS) {
		lines = take_signed(table);
		for (int more = code == CODE_LONG ? 3 : 0; more > 0; more--)
			take_number(table);
	} else if (code >= CODE_ONE_LINE && code < CODE_NO_COLUMNS) {
		lines = (int32_t)(code - CODE_ONE_LINE);
		lines_take_byte(table, &column);
		lines_take_byte(table, &column);
	} else if (code < CODE_ONE_LINE) {
		lines_take_byte(table, &column);
	}
	return lines;
}

static int32_t find_in_locations(struct line_table *table, int32_t line, int32_t instruction)
{
	int32_t address = 0;
	uint8_t head;

	while (lines_take_byte(table, &head)) {
		uint32_t code = head >> 3 & 15;

		line = add_lines(line, take_location(table, code));
		/* Code units of two bytes. */
		address += 2 * ((head & 7) + 1);
		if (instruction < address)
			return code == CODE_NONE ? 0 : line;
	}
	return 0;
}

int32_t python_find_line(const struct python_walk *walk, const struct python_code *code,
			 int32_t instruction)
{
	struct line_table table;

	/* Not begun yet. */
	if (instruction < 0)
		return code->first_line;
	if (!open_table(&table, walk, code->line_table))
		return 0;
	switch (walk->layout.lines) {
	case PYTHON_LINES_LNOTAB:
		return find_in_lnotab(&table, code->first_line, instruction);
	case PYTHON_LINES_RANGES:
		return find_in_ranges(&table, code->first_line, instruction);
	case PYTHON_LINES_LOCATIONS:
		return find_in_locations(&table, code->first_line, instruction);
	}
	return 0;
}
