/*
 * The reader makes checked records of the bytes of a session log. Everything read here was
 * written by strangers, who may still be writing: load once, check the copy, use the copy.
 */
#include "reader.h"
#include "base/array.h"
#include "shim/common/log_header.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A chunk cannot be longer than the longest stack with its header. */
#define RECORD_SIZE_MAX (sizeof(struct record_stack) + SESSION_STACK_MAX + SESSION_CELL)
/* More unfinished chunks than this are not waited for: they count as damaged. */
#define RANGES_MAX 65536

/* A number in a record: how many units follow the struct. */
struct counted {
	size_t offset, size; /* of the number; size 0: there is none */
	size_t unit;
	size_t most; /* of bytes inside of the struct; 0: they follow it */
};

struct shape {
	size_t least;
	struct counted counted[2];
};

#define NUMBER(record, member) offsetof(record, member), sizeof(((record *)0)->member)

/* clang-format off */
#define SHAPE_NOTHING(record, ...)            {0}
#define SHAPE_STACK(record, ...)              {0}
#define SHAPE_BYTES(record, member)           {NUMBER(record, member), 1, 0}
#define SHAPE_TEXTS(record, first, second)    {NUMBER(record, first), 1, 0}, {NUMBER(record, second), 1, 0}
#define SHAPE_ITEMS(record, member, type)     {NUMBER(record, member), sizeof(type), 0}
#define SHAPE_WITHIN(record, member, maximum) {NUMBER(record, member), 1, maximum}
/* clang-format on */

#define SHAPE(type, name, follows, ...)                                                            \
	[RECORD_##type] = {sizeof(struct record_##name),                                           \
			   {SHAPE_##follows(struct record_##name, ##__VA_ARGS__)}},

static const struct shape shapes[RECORD_TYPES] = {RECORD_LIST(SHAPE)};

const char *reader_open(struct reader *reader, const void *bytes, size_t size)
{
	const char *problem;

	memset(reader, 0, sizeof(*reader));
	if (size < sizeof(reader->header))
		return "it is too short for a forkcheck session";
	memcpy(&reader->header, bytes, sizeof(reader->header));
	problem = log_header_problem(&reader->header, size);
	if (problem)
		return problem;
	reader->bytes = bytes;
	reader->size = size;
	/* Cell 0 is nobody's: a reference to it refers to nothing. */
	reader->own_position = 1;
	reader->position = reader->header.own_cells ? reader->header.own_cells : 1;
	return NULL;
}

void reader_close(struct reader *reader)
{
	free(reader->current.list);
	free(reader->unfinished.list);
	memset(reader, 0, sizeof(*reader));
}

static const struct session_header *live_header(const struct reader *reader)
{
	return (const void *)reader->bytes;
}

static const unsigned char *cell_at(const struct reader *reader, uint64_t cell)
{
	return reader->bytes + reader->header.cells_offset + cell * SESSION_CELL;
}

/* Cells that may have been claimed. The counter runs on when the log is full. */
static uint64_t cells_claimed(const struct reader *reader)
{
	uint64_t next = atomic_load(&live_header(reader)->next_cell);

	return next < reader->header.cells_count ? next : reader->header.cells_count;
}

enum chunk_state { CHUNK_EMPTY, CHUNK_OPEN, CHUNK_WHOLE, CHUNK_DAMAGED };

struct chunk {
	enum chunk_state state;
	enum record_type type;
	size_t size;
	uint64_t cells;
};

/* What stands at a cell. `size` is written first and `commit` last. */
static struct chunk reader_look(const struct reader *reader, uint64_t cell)
{
	const struct record *record = (const void *)cell_at(reader, cell);
	struct chunk chunk = {.state = CHUNK_EMPTY, .cells = 1};
	uint32_t commit = atomic_load_explicit(&record->commit, memory_order_acquire);
	uint32_t size = atomic_load_explicit(&record->size, memory_order_relaxed);
	uint32_t type = commit ^ RECORD_COMMITTED;

	if (!size && !commit)
		return chunk;
	chunk.state = CHUNK_DAMAGED;
	chunk.size = size;
	if (size < sizeof(struct record) || size > RECORD_SIZE_MAX ||
	    size > (reader->header.cells_count - cell) * SESSION_CELL)
		return chunk;
	chunk.cells = (size + SESSION_CELL - 1) / SESSION_CELL;
	if (!commit) {
		chunk.state = CHUNK_OPEN;
		return chunk;
	}
	if (type == 0 || type >= RECORD_TYPES || size < shapes[type].least)
		return chunk;
	chunk.state = CHUNK_WHOLE;
	chunk.type = type;
	return chunk;
}

static bool add_range(struct reader_ranges *ranges, uint64_t start, uint64_t end)
{
	if (ranges->count == RANGES_MAX ||
	    !ARRAY_MAKE_ROOM(ranges->list, ranges->count, ranges->capacity))
		return false;
	ranges->list[ranges->count++] = (struct reader_range){start, end};
	return true;
}

static bool is_whole_stack(const struct record_stack *stack, size_t extra)
{
	struct other_stack other;

	if (stack->length > extra || !(stack->flags & STACK_CONTINUED))
		return stack->length <= extra;
	extra -= stack->length;
	if (extra < sizeof(other))
		return false;
	memcpy(&other, stack->bytes + stack->length, sizeof(other));
	return other.length <= extra - sizeof(other);
}

/* Both are little-endian, and no wider than a uint32_t. */
static size_t reader_number_in(const void *record, const struct counted *counted)
{
	uint32_t number = 0;

	memcpy(&number, (const uint8_t *)record + counted->offset, counted->size);
	return number;
}

/* Variable parts must lie within the record: the sizes inside it are checked here, once. */
static bool is_consistent(const struct record_buffer *buffer)
{
	const struct shape *shape = &shapes[buffer->type];
	size_t extra = buffer->size - shape->least;

	for (size_t i = 0; i < 2; i++) {
		const struct counted *counted = &shape->counted[i];
		size_t number = counted->size ? reader_number_in(buffer->record, counted) : 0;

		if (counted->most ? number > counted->most
				  : counted->unit && number > extra / counted->unit)
			return false;
		if (!counted->most)
			extra -= number * counted->unit;
	}
	return buffer->type != RECORD_STACK ||
	       is_whole_stack((const struct record_stack *)buffer->record, extra);
}

static bool copy_record(const struct reader *reader, uint64_t cell, const struct chunk *chunk,
			struct record_buffer *buffer)
{
	if (chunk->size > buffer->capacity) {
		struct record *grown = realloc(buffer->record, chunk->size);

		if (!grown)
			return false;
		buffer->record = grown;
		buffer->capacity = chunk->size;
	}
	memcpy(buffer->record, cell_at(reader, cell), chunk->size);
	buffer->size = chunk->size;
	buffer->type = chunk->type;
	buffer->reference = (session_reference)cell;
	return is_consistent(buffer);
}

static uint64_t own_cells_claimed(const struct reader *reader)
{
	uint64_t next = atomic_load(&live_header(reader)->next_own_cell);

	return next < reader->header.own_cells ? next : reader->header.own_cells;
}

static void add_new_cells(struct reader *reader, uint64_t *position, uint64_t claimed)
{
	if (claimed > *position && add_range(&reader->current, *position, claimed))
		*position = claimed;
}

/* A pass looks at all that was left unfinished and at all that is new. */
static void begin_pass(struct reader *reader)
{
	struct reader_ranges swap = reader->current;

	reader->current = reader->unfinished;
	reader->unfinished = swap;
	reader->unfinished.count = 0;
	add_new_cells(reader, &reader->own_position, own_cells_claimed(reader));
	add_new_cells(reader, &reader->position, cells_claimed(reader));
	reader->range = 0;
	reader->in_pass = true;
}

static uint64_t first_begun(const struct reader *reader, uint64_t start, uint64_t end)
{
	while (start < end && reader_look(reader, start).state == CHUNK_EMPTY)
		start++;
	return start;
}

static void leave_unfinished(struct reader *reader, uint64_t start, uint64_t end)
{
	if (start < end && !add_range(&reader->unfinished, start, end))
		reader->corrupt++;
}

/* Takes the first chunk out of a range. True when it is a record, now in `buffer`. */
static bool take_chunk(struct reader *reader, struct reader_range *range,
		       struct record_buffer *buffer)
{
	uint64_t cell = first_begun(reader, range->start, range->end);
	struct chunk chunk;
	uint64_t end;

	/*
	 * Empty cells before it may be the head of a chunk whose writer has begun
	 * since, and then this cell is not a head but part of its body. The head's
	 * size is written before the body: if all are still empty, this is a head.
	 */
	if (first_begun(reader, range->start, cell) != cell)
		return false;
	leave_unfinished(reader, range->start, cell);
	range->start = cell;
	if (cell == range->end)
		return false;
	chunk = reader_look(reader, cell);
	end = range->end - cell < chunk.cells ? range->end : cell + chunk.cells;
	range->start = end;
	if (chunk.state == CHUNK_WHOLE && copy_record(reader, cell, &chunk, buffer))
		return true;
	if (chunk.state == CHUNK_OPEN)
		leave_unfinished(reader, cell, end);
	else
		reader->corrupt++;
	return false;
}

bool reader_next(struct reader *reader, struct record_buffer *buffer)
{
	if (!reader->in_pass)
		begin_pass(reader);
	while (reader->range < reader->current.count) {
		struct reader_range *range = &reader->current.list[reader->range];

		if (range->start >= range->end)
			reader->range++;
		else if (take_chunk(reader, range, buffer))
			return true;
	}
	reader->in_pass = false;
	return false;
}

static const struct session_birth *reader_birth_at(const struct reader *reader, uint64_t number)
{
	const unsigned char *ring = reader->bytes + reader->header.births_offset;

	return (const void *)(ring + (number & (reader->header.births_count - 1)) *
					     sizeof(struct session_birth));
}

/* Copies a birth. False when it is not written yet; `*overrun` when it never will be. */
static bool copy_birth(const struct reader *reader, uint64_t number, struct session_birth *birth,
		       bool *overrun)
{
	const struct session_birth *entry = reader_birth_at(reader, number);
	uint64_t sequence = atomic_load_explicit(&entry->sequence, memory_order_acquire);

	memcpy(birth, entry, sizeof(*birth));
	*overrun = sequence > number + 1;
	return sequence == number + 1 && birth->sequence == sequence;
}

/* A parent that is killed inside fork() never writes: nobody waits for it. */
static bool take_late_birth(struct reader *reader, uint64_t last, struct session_birth *birth)
{
	for (size_t i = reader->unwritten_count; i-- > 0;) {
		uint64_t number = reader->unwritten[i];
		bool overrun, whole = copy_birth(reader, number, birth, &overrun);

		overrun |= last - number > reader->header.births_count;
		if (!whole && !overrun)
			continue;
		reader->unwritten[i] = reader->unwritten[--reader->unwritten_count];
		if (whole)
			return true;
		reader->births_missed++;
	}
	return false;
}

bool reader_next_birth(struct reader *reader, struct session_birth *birth)
{
	uint64_t last = atomic_load(&live_header(reader)->next_birth);
	uint64_t capacity = reader->header.births_count;
	bool overrun;

	if (take_late_birth(reader, last, birth))
		return true;
	if (last > reader->next_birth && last - reader->next_birth > capacity) {
		reader->births_missed += last - reader->next_birth - capacity;
		reader->next_birth = last - capacity;
	}
	while (reader->next_birth < last) {
		uint64_t number = reader->next_birth++;

		if (copy_birth(reader, number, birth, &overrun))
			return true;
		if (!overrun && reader->unwritten_count < READER_UNWRITTEN)
			reader->unwritten[reader->unwritten_count++] = number;
		else
			reader->births_missed++;
	}
	return false;
}

bool reader_birth(const struct reader *reader, uint64_t number, struct session_birth *birth)
{
	memcpy(birth, reader_birth_at(reader, number), sizeof(*birth));
	return birth->sequence == number + 1;
}

static const void *reader_record_of(const struct reader *reader, session_reference reference,
				    enum record_type type)
{
	struct chunk chunk;

	if (!reference || reference >= reader->header.cells_count)
		return NULL;
	chunk = reader_look(reader, reference);
	return chunk.state == CHUNK_WHOLE && chunk.type == type ? cell_at(reader, reference) : NULL;
}

uint64_t reader_count(const struct reader *reader, session_reference reference)
{
	struct chunk chunk;

	if (!reference || reference >= reader->header.cells_count)
		return 0;
	chunk = reader_look(reader, reference);
	if (chunk.state != CHUNK_WHOLE)
		return 0;
	return atomic_load(&((const struct record *)cell_at(reader, reference))->count);
}

uint32_t reader_fork_execs(const struct reader *reader, session_reference reference)
{
	const struct record_fork *record = reader_record_of(reader, reference, RECORD_FORK);

	return record ? atomic_load(&record->execs) : 0;
}

session_reference reader_fork_lost(const struct reader *reader, session_reference reference)
{
	const struct record_fork *record = reader_record_of(reader, reference, RECORD_FORK);

	return record ? atomic_load(&record->lost) : 0;
}

uint64_t reader_wait_ended(const struct reader *reader, session_reference reference)
{
	const struct record_wait *record = reader_record_of(reader, reference, RECORD_WAIT);

	return record ? atomic_load(&record->ended_ns) : 0;
}

int reader_wait_result(const struct reader *reader, session_reference reference)
{
	const struct record_wait *record = reader_record_of(reader, reference, RECORD_WAIT);

	return record ? atomic_load(&record->result) : 0;
}

uint64_t reader_shared_last(const struct reader *reader, session_reference reference)
{
	const struct record_shared_use *record =
		reader_record_of(reader, reference, RECORD_SHARED_USE);

	return record ? atomic_load(&record->last_ns) : 0;
}

bool reader_shared_is_read(const struct reader *reader, session_reference reference)
{
	const struct record_shared_use *record =
		reader_record_of(reader, reference, RECORD_SHARED_USE);

	return record && atomic_load(&record->is_read);
}

bool reader_exec_failed(const struct reader *reader, session_reference reference)
{
	const struct record_unobserved *record =
		reader_record_of(reader, reference, RECORD_UNOBSERVED);

	return record && atomic_load(&record->failed);
}

bool reader_share(const struct reader *reader, session_reference reference,
		  struct record_share *share)
{
	const struct record_share *record = reader_record_of(reader, reference, RECORD_SHARE);

	if (record)
		memcpy(share, record, sizeof(*share));
	return record && share->owner && share->owner == atomic_load(&record->owner);
}

bool reader_section(const struct reader *reader, session_reference reference,
		    struct record_section *section)
{
	const struct record_section *record = reader_record_of(reader, reference, RECORD_SECTION);

	if (record)
		memcpy(section, record, sizeof(*section));
	return record;
}

uint64_t reader_lost(const struct reader *reader)
{
	return atomic_load(&live_header(reader)->counters.dropped) + reader->corrupt +
	       reader->births_missed + reader->unwritten_count + reader->unfinished.count;
}
