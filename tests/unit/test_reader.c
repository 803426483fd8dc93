/*
 * The reader over sessions that writers left unfinished, that wrap around, and
 * that nobody honest has written. Nothing here runs a process.
 */
#include "cli/session/reader.h"
#include "session_builder.h"
#include "support.h"
#include "tests/cases/machine.h"
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

Suite *reader_suite(void);

#define CELLS  128
#define BIRTHS 8

static struct session_builder session;
static struct reader reader;
static struct record_buffer buffer;

static void setup(void)
{
	session_builder_open(&session, BIRTHS, CELLS);
	ck_assert_ptr_null(reader_open(&reader, session.header, session.size));
	memset(&buffer, 0, sizeof(buffer));
}

static void teardown(void)
{
	free(buffer.record);
	reader_close(&reader);
	session_builder_close(&session);
}

/* A record of one cell that can be told from others. */
static session_reference add_touch(uint64_t lock)
{
	return session_add(&session, TOUCH, touch, 1, .lock = lock);
}

static void expect_touch(session_reference reference, uint64_t lock)
{
	ck_assert(reader_next(&reader, &buffer));
	ck_assert_uint_eq(buffer.reference, reference);
	ck_assert_int_eq(buffer.type, RECORD_TOUCH);
	ck_assert_uint_eq(buffer.size, sizeof(struct record_touch));
	ck_assert_uint_eq(((const struct record_touch *)buffer.record)->lock, lock);
}

static void expect_nothing(void)
{
	ck_assert(!reader_next(&reader, &buffer));
}

/* --- opening ----------------------------------------------------------------- */

START_TEST(refuses_what_is_too_short)
{
	struct reader other;

	for (size_t size = 0; size < sizeof(struct session_header); size++) {
		void *bytes = malloc(size);

		if (size)
			memcpy(bytes, session.header, size);
		ck_assert_str_eq(reader_open(&other, bytes, size),
				 "it is too short for a forkcheck session");
		free(bytes);
	}
}
END_TEST

START_TEST(refuses_strangers_and_other_versions)
{
	struct reader other;

	session.header->version++;
	ck_assert_str_eq(reader_open(&other, session.header, session.size),
			 "it was written by another version of forkcheck");
	session.header->magic[_i] ^= 1;
	ck_assert_str_eq(reader_open(&other, session.header, session.size),
			 "it is not a forkcheck session");
}
END_TEST

START_TEST(refuses_truncated_files)
{
	struct reader other;

	for (size_t size = sizeof(struct session_header); size < session.size; size += 97)
		ck_assert_str_eq(reader_open(&other, session.header, size),
				 "it is truncated or damaged");
	ck_assert_str_eq(reader_open(&other, session.header, session.size + 1),
			 "it is truncated or damaged");
}
END_TEST

struct hostile_field {
	size_t offset, size;
	uint64_t value;
};

#define FIELD(name, number)                                                                        \
	{                                                                                          \
		offsetof(struct session_header, name),                                             \
			sizeof(((struct session_header *)NULL)->name), number                      \
	}

static const struct hostile_field hostile_fields[] = {
	FIELD(header_size, 0),
	FIELD(header_size, sizeof(struct session_header) + 64),
	FIELD(header_size, UINT32_MAX),
	FIELD(file_size, 0),
	FIELD(file_size, UINT64_MAX),
	FIELD(births_offset, 0),
	FIELD(births_offset, 384), /* inside the header */
	FIELD(births_offset, sizeof(struct session_header) + 1),
	FIELD(births_offset, UINT64_MAX - 63),
	FIELD(births_offset, (uint64_t)1 << 63),
	FIELD(births_count, 0),
	FIELD(births_count, 3),
	FIELD(births_count, 1u << 31),
	FIELD(births_count, UINT32_MAX),
	FIELD(intern_offset, 0),
	FIELD(intern_offset, UINT64_MAX - 63),
	FIELD(intern_count, 0),
	FIELD(intern_count, 5),
	FIELD(intern_count, 1u << 31),
	FIELD(cells_offset, 0),
	FIELD(cells_offset, sizeof(struct session_header) + 8),
	FIELD(cells_offset, UINT64_MAX - 63),
	FIELD(cells_offset, (uint64_t)1 << 62),
	FIELD(cells_count, CELLS + 1),
	FIELD(cells_count, UINT32_MAX),
	FIELD(cells_count, (uint64_t)1 << 58), /* times 64 is 0 */
	FIELD(cells_count, ((uint64_t)1 << 58) + 1),
	FIELD(cells_count, UINT64_MAX),
};

START_TEST(refuses_hostile_headers)
{
	const struct hostile_field *field = &hostile_fields[_i];
	struct reader other;

	memcpy((char *)session.header + field->offset, &field->value, field->size);
	ck_assert_ptr_nonnull(reader_open(&other, session.header, session.size));
}
END_TEST

START_TEST(opens_a_log_without_cells)
{
	session.header->cells_count = 0;
	reader_close(&reader);
	ck_assert_ptr_null(reader_open(&reader, session.header, session.size));
	session.header->next_cell = 1000;
	expect_nothing();
	ck_assert_uint_eq(reader_count(&reader, 1), 0);
}
END_TEST

START_TEST(keeps_to_the_header_that_it_checked)
{
	session_reference reference = add_touch(7);

	session.header->cells_offset = UINT64_MAX - 64;
	session.header->cells_count = UINT64_MAX;
	session.header->births_offset = UINT64_MAX;
	session.header->births_count = 0;
	session.header->next_birth = UINT64_MAX;
	session.header->next_cell = UINT64_MAX;
	expect_touch(reference, 7);
	for (int i = 0; i < 10; i++) {
		struct session_birth birth;

		expect_nothing();
		ck_assert(!reader_next_birth(&reader, &birth));
	}
}
END_TEST

/* --- records ----------------------------------------------------------------- */

START_TEST(returns_nothing_from_a_new_log)
{
	struct session_birth birth;

	expect_nothing();
	ck_assert(!reader_next_birth(&reader, &birth));
	ck_assert_uint_eq(reader_lost(&reader), 0);
}
END_TEST

START_TEST(returns_each_record_once_in_order)
{
	session_reference first = add_touch(1), second = add_touch(2), third;

	expect_touch(first, 1);
	expect_touch(second, 2);
	expect_nothing();
	third = add_touch(3);
	expect_touch(third, 3);
	expect_nothing();
	expect_nothing();
	ck_assert_uint_eq(reader_lost(&reader), 0);
}
END_TEST

START_TEST(returns_every_type)
{
	static const uint32_t threads[3] = {5, 6, 7};
	session_reference fork = session_add(&session, FORK, fork, 1, .parent = 1);

	session_builder_process(&session, (struct record_process){.serial = 1}, "/bin/true");
	session_builder_module(&session, 1, "/lib/libc.so.6", 0x1000);
	session_add(&session, STACK, stack, 1, .length = 0);
	session_add(&session, THREAD, thread, 1, .tid = 4);
	session_builder_lost(&session, 1, fork, threads, 3);
	session_add(&session, HELD, held, 1, .fork = fork);
	session_add(&session, WAIT, wait, 1, .fork = fork);
	session_add(&session, TOUCH, touch, 1, .fork = fork);
	session_add(&session, ATFORK, atfork, 1, .image = 1);
	session_add(&session, USE, use, 1, .image = 1);
	session_add(&session, HANG, hang, 0, .fork = fork);
	session_add(&session, ACTION, action, 0, .pid = 1);
	session_add(&session, RUN, run, 0, .pid = 1);
	session_add(&session, OBJECT, object, 0, .serial = 1);

	static const enum record_type types[] = {
		RECORD_FORK, RECORD_PROCESS, RECORD_MODULE, RECORD_STACK, RECORD_THREAD,
		RECORD_LOST, RECORD_HELD,    RECORD_WAIT,   RECORD_TOUCH, RECORD_ATFORK,
		RECORD_USE,  RECORD_HANG,    RECORD_ACTION, RECORD_RUN,   RECORD_OBJECT};
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		ck_assert(reader_next(&reader, &buffer));
		ck_assert_int_eq(buffer.type, types[i]);
		if (buffer.type == RECORD_LOST)
			ck_assert_mem_eq(((const struct record_lost *)buffer.record)->threads,
					 threads, sizeof(threads));
	}
	expect_nothing();
}
END_TEST

START_TEST(steps_over_an_open_chunk_and_comes_back)
{
	session_reference open = add_touch(1), after = add_touch(2);
	struct record *record = session_builder_cell(&session, open);

	record->commit = 0;
	expect_touch(after, 2);
	expect_nothing();
	ck_assert_uint_eq(reader_lost(&reader), 1);
	record->commit = RECORD_COMMITTED | RECORD_TOUCH;
	expect_touch(open, 1);
	expect_nothing();
	ck_assert_uint_eq(reader_lost(&reader), 0);
}
END_TEST

/* Bytes that would be a record if a step ended on them. */
static void fill_with_lookalikes(char *body, size_t length)
{
	struct record_touch touch = {
		.record = {.size = sizeof(touch), .commit = RECORD_COMMITTED | RECORD_TOUCH},
		.lock = 0xbad};

	for (size_t at = 0; at + 8 <= length; at += 8)
		memcpy(body + at, &touch, 8);
	for (size_t at = SESSION_CELL; at + sizeof(touch) <= length; at += SESSION_CELL)
		memcpy(body + at, &touch, sizeof(touch));
}

/* What a stack is continued on lies in its record, or there is no such record. */
START_TEST(takes_a_continued_stack_only_whole)
{
	static const struct {
		uint32_t length, other;
		bool is_whole;
	} stacks[] = {{8, 16, true},   {8, 17, false},         {0, 24, true},
		      {16, 16, false}, {40, 0, false},         {24, 0, true},
		      {25, 0, false},  {UINT32_MAX, 0, false}, {8, UINT32_MAX, false}};
	uint8_t behind[40] = {0};
	struct other_stack other = {.length = stacks[_i].other};
	struct record_stack stack = {.flags = STACK_CONTINUED, .length = stacks[_i].length};

	if (stack.length <= sizeof(behind) - sizeof(other))
		memcpy(behind + stack.length, &other, sizeof(other));
	session_builder_add(&session, RECORD_STACK, 1, &stack, sizeof(stack), behind,
			    sizeof(behind));
	ck_assert_int_eq(reader_next(&reader, &buffer), stacks[_i].is_whole);
}
END_TEST

START_TEST(does_not_misread_a_late_claim_of_several_cells)
{
	session_reference before = add_touch(1), empty = session_builder_claim(&session, 6);
	session_reference after = add_touch(2);
	struct record_stack *stack = session_builder_cell(&session, empty);

	expect_touch(before, 1);
	expect_touch(after, 2);
	expect_nothing();
	ck_assert_uint_eq(reader_lost(&reader), 1);

	stack->record.size = 6 * SESSION_CELL;
	fill_with_lookalikes((char *)stack + sizeof(struct record),
			     6 * SESSION_CELL - sizeof(struct record));
	fill_with_lookalikes((char *)stack + SESSION_CELL, 5 * SESSION_CELL);
	expect_nothing();
	ck_assert_uint_eq(reader_lost(&reader), 1);

	stack->flags = 0;
	stack->length = 6 * SESSION_CELL - sizeof(*stack);
	stack->record.commit = RECORD_COMMITTED | RECORD_STACK;
	ck_assert(reader_next(&reader, &buffer));
	ck_assert_uint_eq(buffer.reference, empty);
	ck_assert_int_eq(buffer.type, RECORD_STACK);
	ck_assert_uint_eq(buffer.size, 6 * SESSION_CELL);
	expect_nothing();
	ck_assert_uint_eq(reader_lost(&reader), 0);
}
END_TEST

/* The second of two claims that nobody had begun is filled before the first. */
START_TEST(splits_an_empty_run_where_its_claims_meet)
{
	session_reference one = session_builder_claim(&session, 2);
	session_reference other = session_builder_claim(&session, 2);
	session_reference after = add_touch(9);
	struct record_touch *touch = session_builder_cell(&session, other);

	expect_touch(after, 9);
	expect_nothing();
	touch->lock = 2;
	touch->record.size = sizeof(*touch);
	touch->record.commit = RECORD_COMMITTED | RECORD_TOUCH;
	expect_touch(other, 2);
	expect_nothing();
	touch = session_builder_cell(&session, one);
	touch->lock = 1;
	touch->record.size = sizeof(*touch);
	touch->record.commit = RECORD_COMMITTED | RECORD_TOUCH;
	expect_touch(one, 1);
	expect_nothing();
	ck_assert_uint_eq(reader_lost(&reader), 0);
}
END_TEST

struct hostile_chunk {
	uint32_t size, commit;
	uint64_t cells; /* that the reader has to step over */
};

static const struct hostile_chunk hostile_chunks[] = {
	{0, RECORD_COMMITTED | RECORD_TOUCH, 2},
	{1, RECORD_COMMITTED | RECORD_TOUCH, 2},
	{sizeof(struct record) - 1, RECORD_COMMITTED | RECORD_TOUCH, 2},
	{sizeof(struct record) - 1, 0, 2},
	{sizeof(struct record), RECORD_COMMITTED | RECORD_TOUCH, 1},
	{sizeof(struct record_touch) - 1, RECORD_COMMITTED | RECORD_TOUCH, 2},
	{sizeof(struct record_wait) - 1, RECORD_COMMITTED | RECORD_WAIT, 3},
	{UINT32_MAX, RECORD_COMMITTED | RECORD_TOUCH, 2},
	{UINT32_MAX, 0, 2},
	{(CELLS - 1) * SESSION_CELL + 1, RECORD_COMMITTED | RECORD_STACK, 2},
	{sizeof(struct record_touch), RECORD_COMMITTED, 2},
	{sizeof(struct record_touch), RECORD_COMMITTED | RECORD_TYPES, 2},
	{sizeof(struct record_touch), RECORD_COMMITTED | 0xffff, 2},
	{sizeof(struct record_touch), RECORD_TOUCH, 2},
	{sizeof(struct record_touch), 0x46440000u | RECORD_TOUCH, 2},
	{sizeof(struct record_touch), UINT32_MAX, 2},
};

START_TEST(counts_damage_and_goes_on)
{
	const struct hostile_chunk *chunk = &hostile_chunks[_i];
	session_reference damaged = session_builder_claim(&session, chunk->cells);
	struct record *record = session_builder_cell(&session, damaged);
	session_reference after = add_touch(2);

	record->size = chunk->size;
	record->commit = chunk->commit;
	expect_touch(after, 2);
	expect_nothing();
	ck_assert_uint_ge(reader_lost(&reader), 1);
	ck_assert_uint_eq(reader_count(&reader, damaged), 0);
}
END_TEST

/* Lists and texts that claim to be longer than the record that they are in. */
struct inner_length {
	enum record_type type;
	size_t size, offset, width;
	uint64_t fits, exceeds;
};

#define INNER(TYPE, type, extra, field, fits, exceeds)                                             \
	{                                                                                          \
		RECORD_##TYPE, sizeof(struct record_##type) + (extra),                             \
			offsetof(struct record_##type, field),                                     \
			sizeof(((struct record_##type *)NULL)->field), fits, exceeds               \
	}

static const struct inner_length inner_lengths[] = {
	INNER(PROCESS, process, 10, path_length, 10, 11),
	INNER(PROCESS, process, 10, libc_length, 10, UINT16_MAX),
	INNER(MODULE, module, 20, path_length, 20, 21),
	INNER(MODULE, module, 20, build_id_length, 20, UINT16_MAX),
	INNER(STACK, stack, 16, length, 16, 17),
	INNER(STACK, stack, 16, length, 0, UINT32_MAX),
	INNER(LOST, lost, 8, count, 2, 3),
	INNER(LOST, lost, 11, count, 2, 3),
	INNER(LOST, lost, 8, count, 2, 0x40000002), /* times 4 is 8 in 32 bits */
	INNER(LOST, lost, 8, count, 2, UINT32_MAX),
	INNER(HELD, held, 0, state_length, SESSION_LOCK_STATE_MAX, SESSION_LOCK_STATE_MAX + 1),
	INNER(HELD, held, 0, state_length, 0, UINT32_MAX),
	INNER(WAIT, wait, 0, state_length, SESSION_LOCK_STATE_MAX, SESSION_LOCK_STATE_MAX + 1),
	INNER(WAIT, wait, 0, state_length, 0, UINT32_MAX),
	INNER(HANG, hang, 12, reason_length, 12, 13),
	INNER(HANG, hang, 12, reason_length, 0, UINT32_MAX),
	INNER(ACTION, action, 6, what_length, 6, 7),
	INNER(RUN, run, 30, length, 30, 31),
	INNER(RUN, run, 30, length, 0, UINT32_MAX),
};

static session_reference add_with_inner_length(const struct inner_length *inner, uint64_t length)
{
	char *bytes = calloc(1, inner->size);
	session_reference reference;

	memcpy(bytes + inner->offset, &length, inner->width);
	reference = session_builder_add(&session, inner->type, 1, bytes, inner->size, NULL, 0);
	free(bytes);
	return reference;
}

START_TEST(believes_no_inner_length)
{
	const struct inner_length *inner = &inner_lengths[_i];
	session_reference sound = add_with_inner_length(inner, inner->fits), after;

	add_with_inner_length(inner, inner->exceeds);
	after = add_touch(1);
	ck_assert(reader_next(&reader, &buffer));
	ck_assert_uint_eq(buffer.reference, sound);
	ck_assert_int_eq(buffer.type, inner->type);
	expect_touch(after, 1);
	expect_nothing();
	ck_assert_uint_eq(reader_lost(&reader), 1);
}
END_TEST

START_TEST(adds_inner_lengths_up)
{
	struct record_process process = {.path_length = 5, .libc_length = 4};
	session_reference sound;

	session_builder_add(&session, RECORD_PROCESS, 1, &process, sizeof(process), "/bin2.36", 8);
	expect_nothing();
	ck_assert_uint_eq(reader_lost(&reader), 1);
	process.libc_length = 3;
	sound = session_builder_add(&session, RECORD_PROCESS, 1, &process, sizeof(process),
				    "/bin2.36", 8);
	ck_assert(reader_next(&reader, &buffer));
	ck_assert_uint_eq(buffer.reference, sound);
}
END_TEST

START_TEST(reads_up_to_the_last_cell_and_no_further)
{
	uint64_t filler = CELLS - 1 - session.header->next_cell;
	session_reference last;

	session_builder_claim(&session, filler);
	last = session_builder_claim(&session, 1);
	ck_assert_uint_eq(last, CELLS - 1);

	struct record_lost *lost = session_builder_cell(&session, last);
	lost->record.size = sizeof(*lost);
	lost->record.commit = RECORD_COMMITTED | RECORD_LOST;
	session.header->next_cell = UINT64_MAX;
	ck_assert(reader_next(&reader, &buffer));
	ck_assert_uint_eq(buffer.reference, last);
	expect_nothing();

	/* One byte more would end beyond the log. */
	lost->record.size = SESSION_CELL + 1;
	ck_assert_uint_eq(reader_count(&reader, last), 0);
}
END_TEST

START_TEST(survives_more_open_chunks_than_it_waits_for)
{
	struct session_builder large;
	struct reader other;
	session_reference after;

	session_builder_open(&large, BIRTHS, 70002);
	for (int i = 0; i < 70000; i++) {
		struct record *record =
			session_builder_cell(&large, session_builder_claim(&large, 1));

		record->size = SESSION_CELL;
	}
	after = session_add(&large, LOST, lost, 1, .count = 0);
	ck_assert_ptr_null(reader_open(&other, large.header, large.size));
	ck_assert(reader_next(&other, &buffer));
	ck_assert_uint_eq(buffer.reference, after);
	ck_assert(!reader_next(&other, &buffer));
	ck_assert_uint_eq(reader_lost(&other), 70000);
	ck_assert(!reader_next(&other, &buffer));
	ck_assert_uint_eq(reader_lost(&other), 70000);
	ck_assert_uint_le(other.unfinished.capacity, 65536);
	reader_close(&other);
	session_builder_close(&large);
}
END_TEST

/* --- words that change --------------------------------------------------------- */

START_TEST(tells_the_words_that_change)
{
	session_reference fork = session_add(&session, FORK, fork, 1, .execs = 3, .lost = 9);
	session_reference wait = session_add(&session, WAIT, wait, 1, .ended_ns = 55, .result = 16);
	struct record_fork *record = session_builder_cell(&session, fork);

	ck_assert_uint_eq(reader_count(&reader, fork), 1);
	record->record.count = 41;
	ck_assert_uint_eq(reader_count(&reader, fork), 41);
	ck_assert_uint_eq(reader_fork_execs(&reader, fork), 3);
	ck_assert_uint_eq(reader_fork_lost(&reader, fork), 9);
	ck_assert_uint_eq(reader_wait_ended(&reader, wait), 55);
	ck_assert_int_eq(reader_wait_result(&reader, wait), 16);
}
END_TEST

START_TEST(tells_nothing_of_wrong_references)
{
	session_reference fork = session_add(&session, FORK, fork, 1, .execs = 3, .lost = 9);
	session_reference wait;
	struct record_wait filled;

	/* Whatever is read of it by mistake is not 0. */
	memset(&filled, 0x55, sizeof(filled));
	wait = session_builder_add(&session, RECORD_WAIT, 1, &filled, sizeof(filled), NULL, 0);
	const session_reference wrong[] = {0, CELLS, CELLS + 1, UINT32_MAX, wait + 1, CELLS - 1};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		ck_assert_uint_eq(reader_count(&reader, wrong[i]), 0);
		ck_assert_uint_eq(reader_fork_execs(&reader, wrong[i]), 0);
		ck_assert_uint_eq(reader_fork_lost(&reader, wrong[i]), 0);
		ck_assert_uint_eq(reader_wait_ended(&reader, wrong[i]), 0);
	}
	ck_assert_uint_eq(reader_fork_execs(&reader, wait), 0);
	ck_assert_uint_eq(reader_fork_lost(&reader, wait), 0);
	ck_assert_uint_eq(reader_wait_ended(&reader, fork), 0);
	ck_assert_int_eq(reader_wait_result(&reader, fork), 0);
}
END_TEST

START_TEST(counts_what_the_shim_dropped)
{
	session.header->counters.dropped = 12;
	ck_assert_uint_eq(reader_lost(&reader), 12);
}
END_TEST

/* --- births -------------------------------------------------------------------- */

static uint64_t bear(uint32_t process)
{
	return session_builder_birth(
		&session, (struct session_birth){.process = process, .kind = BIRTH_CHILD});
}

static void expect_birth(uint32_t process)
{
	struct session_birth birth;

	ck_assert(reader_next_birth(&reader, &birth));
	ck_assert_uint_eq(birth.process, process);
}

static void expect_no_birth(void)
{
	struct session_birth birth;

	ck_assert(!reader_next_birth(&reader, &birth));
}

START_TEST(follows_births_around_the_ring)
{
	for (uint32_t serial = 1; serial < 5 * BIRTHS; serial++) {
		bear(serial);
		if (serial % 3 == 0) {
			expect_birth(serial - 2);
			expect_birth(serial - 1);
			expect_birth(serial);
			expect_no_birth();
		}
	}
	ck_assert_uint_eq(reader_lost(&reader), 0);
}
END_TEST

START_TEST(counts_births_that_were_overrun)
{
	for (uint32_t serial = 1; serial <= 3 * BIRTHS + 2; serial++)
		bear(serial);
	for (uint32_t serial = 2 * BIRTHS + 3; serial <= 3 * BIRTHS + 2; serial++)
		expect_birth(serial);
	expect_no_birth();
	ck_assert_uint_eq(reader_lost(&reader), 2 * BIRTHS + 2);
}
END_TEST

/* In whatever order they come. */
static void take_births(int *times)
{
	struct session_birth birth;

	while (reader_next_birth(&reader, &birth)) {
		ck_assert_uint_le(birth.process, 2);
		times[birth.process]++;
	}
}

START_TEST(comes_back_for_births_that_are_not_written_yet)
{
	uint64_t first = bear(1);
	struct session_birth *entry = session_builder_birth_at(&session, first);
	int times[3] = {0};

	entry->sequence = 0;
	bear(2);
	take_births(times);
	take_births(times);
	ck_assert_int_eq(times[1], 0);
	entry->sequence = first + 1;
	take_births(times);
	ck_assert_int_eq(times[0], 0);
	ck_assert_int_eq(times[1], 1);
	ck_assert_int_eq(times[2], 1);
	ck_assert_uint_eq(reader_lost(&reader), 0);
}
END_TEST

/* In the second round of the ring an unwritten entry shows the birth before it. */
START_TEST(does_not_take_an_old_birth_for_a_new_one)
{
	uint64_t late;
	struct session_birth *entry, old;

	for (uint32_t serial = 1; serial <= BIRTHS; serial++) {
		bear(serial);
		expect_birth(serial);
	}
	old = *session_builder_birth_at(&session, BIRTHS);
	late = bear(BIRTHS + 1);
	entry = session_builder_birth_at(&session, late);
	*entry = old;
	expect_no_birth();
	ck_assert(!reader_birth(&reader, late, &old));
	entry->process = BIRTHS + 1;
	entry->sequence = late + 1;
	expect_birth(BIRTHS + 1);
}
END_TEST

/* The writer was killed: later births must not be lost for it. */
START_TEST(steps_past_a_birth_that_is_never_written)
{
	uint64_t dead = bear(1);

	session_builder_birth_at(&session, dead)->sequence = 0;
	for (uint32_t serial = 2; serial <= 2; serial++)
		bear(serial);
	for (uint32_t serial = 2; serial <= 2; serial++)
		expect_birth(serial);
	expect_no_birth();
	ck_assert_uint_eq(reader_lost(&reader), 1);
}
END_TEST

START_TEST(finds_a_birth_by_its_number)
{
	struct session_birth birth;

	for (uint32_t serial = 1; serial <= BIRTHS + 1; serial++)
		bear(serial);
	ck_assert(!reader_birth(&reader, 0, &birth));
	ck_assert(reader_birth(&reader, 1, &birth));
	ck_assert_uint_eq(birth.process, 2);
	ck_assert(reader_birth(&reader, BIRTHS, &birth));
	ck_assert_uint_eq(birth.process, BIRTHS + 1);
	ck_assert(!reader_birth(&reader, BIRTHS + 1, &birth));
	ck_assert(!reader_birth(&reader, UINT64_MAX - 1, &birth));
}
END_TEST

/* --- noise --------------------------------------------------------------------- */

static uint64_t random_number(void)
{
	static uint64_t state = 0x2545f4914f6cdd1d;

	return support_random(&state);
}

static void add_one_of_each(void)
{
	static const uint32_t threads[2] = {1, 2};
	session_reference fork = session_add(&session, FORK, fork, 1, .parent = 1);
	static const uint8_t bytes[200];

	session_builder_process(&session, (struct record_process){.serial = 1}, "/bin/true");
	session_builder_module(&session, 1, "/lib/libc.so.6", 0x1000);
	session_builder_add(&session, RECORD_STACK, 1, &(struct record_stack){.length = 200},
			    sizeof(struct record_stack), bytes, sizeof(bytes));
	session_builder_lost(&session, 1, fork, threads, 2);
	session_add(&session, HELD, held, 1, .state_length = 40);
	session_builder_claim(&session, 3);
	session_add(&session, WAIT, wait, 1, .state_length = 40);
	session_add(&session, THREAD, thread, 1, .tid = 1);
	bear(1);
	bear(2);
}

/* Check writes to its parent at every assertion: too slow for a loop. */
static void expect_at_most(size_t count, size_t limit)
{
	if (count > limit)
		ck_abort_msg("%zu where at most %zu can be", count, limit);
}

/* Reads all there is. No more than one record per cell and pass can be in it. */
static void read_to_the_end(struct reader *other)
{
	struct session_birth birth;
	size_t records = 0, births = 0;

	for (int pass = 0; pass < 2; pass++) {
		while (reader_next(other, &buffer)) {
			expect_at_most(++records, 2 * CELLS);
			reader_count(other, buffer.reference);
			reader_fork_lost(other, buffer.reference);
		}
		while (reader_next_birth(other, &birth))
			expect_at_most(++births, 2 * BIRTHS);
	}
	reader_lost(other);
}

START_TEST(survives_noise)
{
	unsigned char *bytes = (void *)session.header;
	struct reader other;
	int opened = 0;

	add_one_of_each();
	for (int round = 0; round < 200000; round++) {
		size_t flips = 1 + random_number() % 4, at[4];
		unsigned char was[4];

		for (size_t i = 0; i < flips; i++) {
			at[i] = random_number() % session.size;
			/* Most bytes say nothing: favour what the reader decides by. */
			if (round % 2)
				at[i] = session.header->cells_offset +
					(1 + random_number() % 30) * SESSION_CELL +
					random_number() % 48;
			was[i] = bytes[at[i]];
			bytes[at[i]] = (unsigned char)random_number();
		}
		if (!reader_open(&other, bytes, session.size)) {
			opened++;
			read_to_the_end(&other);
			reader_close(&other);
		}
		for (size_t i = flips; i-- > 0;)
			bytes[at[i]] = was[i];
	}
	/* Else the noise would only have tested the header. */
	ck_assert_int_gt(opened, 100000);
}
END_TEST

/* A claim of many cells is begun and filled, from the far end, while it is scanned. */
#define RUN_CELLS 100
#define RUNS      1000

static _Atomic int run;

/* There may be one processor only. */
static void spin(int tries)
{
	if (tries % 1000 == 0)
		sched_yield();
	RELAX();
}

static void *fill_runs(void *nothing)
{
	uint64_t state = 5;

	for (int i = 1; i <= RUNS; i++) {
		struct record *head = session_builder_cell(&session, 1), *last;

		last = session_builder_cell(&session, RUN_CELLS);
		for (int tries = 1; atomic_load(&run) != i; tries++)
			spin(tries);
		for (uint64_t k = support_random(&state) % 500; k > 0; k--)
			RELAX();
		atomic_store(&head->size, RUN_CELLS * SESSION_CELL);
		atomic_store(&last->size, sizeof(struct record_touch));
		atomic_store(&last->commit, RECORD_COMMITTED | RECORD_TOUCH);
		atomic_store(&head->commit, RECORD_COMMITTED | RECORD_STACK);
	}
	return nothing;
}

START_TEST(does_not_misread_a_claim_that_is_filled_meanwhile)
{
	unsigned char *cells = session_builder_cell(&session, 0);
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, fill_runs, NULL), 0);
	session.header->next_cell = RUN_CELLS + 1;
	for (int i = 1; i <= RUNS; i++) {
		struct reader other;

		memset(cells, 0, CELLS * SESSION_CELL);
		if (reader_open(&other, session.header, session.size))
			ck_abort_msg("the header was not touched");
		atomic_store(&run, i);
		for (int tries = 1; !reader_next(&other, &buffer); tries++)
			spin(tries);
		if (buffer.reference != 1 || reader_lost(&other))
			ck_abort_msg("misread cell %u", buffer.reference);
		reader_close(&other);
	}
	pthread_join(thread, NULL);
}
END_TEST

/* A record whose bytes change under the reader is judged by its copy. */
static void scribble(void *cells)
{
	volatile unsigned char *bytes = cells;

	for (;;)
		bytes[random_number() % (CELLS * SESSION_CELL)] = (unsigned char)random_number();
}

START_TEST(survives_a_writer_that_scribbles)
{
	unsigned char *shared =
		mmap(NULL, session.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct reader other;
	pid_t child;

	ck_assert_ptr_ne(shared, MAP_FAILED);
	add_one_of_each();
	memcpy(shared, session.header, session.size);
	child = support_child(scribble, shared + session.header->cells_offset);
	for (int round = 0; round < 5000; round++) {
		if (reader_open(&other, shared, session.size))
			ck_abort_msg("the header was not touched");
		while (reader_next(&other, &buffer))
			if (buffer.type == RECORD_STACK)
				expect_at_most(((struct record_stack *)buffer.record)->length,
					       buffer.size - sizeof(struct record_stack));
		reader_close(&other);
	}
	support_end_child(child);
	munmap(shared, session.size);
}
END_TEST

Suite *reader_suite(void)
{
	Suite *suite = suite_create("reader");
	TCase *opening = tcase_create("opening"), *records = tcase_create("records");
	TCase *births = tcase_create("births"), *noise = tcase_create("noise");

	tcase_add_checked_fixture(opening, setup, teardown);
	tcase_add_test(opening, refuses_what_is_too_short);
	tcase_add_loop_test(opening, refuses_strangers_and_other_versions, 0, 8);
	tcase_add_test(opening, refuses_truncated_files);
	tcase_add_loop_test(opening, refuses_hostile_headers, 0,
			    sizeof(hostile_fields) / sizeof(*hostile_fields));
	tcase_add_test(opening, opens_a_log_without_cells);
	tcase_add_test(opening, keeps_to_the_header_that_it_checked);
	suite_add_tcase(suite, opening);

	tcase_add_checked_fixture(records, setup, teardown);
	tcase_add_test(records, returns_nothing_from_a_new_log);
	tcase_add_test(records, returns_each_record_once_in_order);
	tcase_add_test(records, returns_every_type);
	tcase_add_test(records, steps_over_an_open_chunk_and_comes_back);
	tcase_add_loop_test(records, takes_a_continued_stack_only_whole, 0, 9);
	tcase_add_test(records, does_not_misread_a_late_claim_of_several_cells);
	tcase_add_test(records, splits_an_empty_run_where_its_claims_meet);
	tcase_add_loop_test(records, counts_damage_and_goes_on, 0,
			    sizeof(hostile_chunks) / sizeof(*hostile_chunks));
	tcase_add_loop_test(records, believes_no_inner_length, 0,
			    sizeof(inner_lengths) / sizeof(*inner_lengths));
	tcase_add_test(records, adds_inner_lengths_up);
	tcase_add_test(records, reads_up_to_the_last_cell_and_no_further);
	tcase_add_test(records, survives_more_open_chunks_than_it_waits_for);
	tcase_add_test(records, tells_the_words_that_change);
	tcase_add_test(records, tells_nothing_of_wrong_references);
	tcase_add_test(records, counts_what_the_shim_dropped);
	suite_add_tcase(suite, records);

	tcase_add_checked_fixture(births, setup, teardown);
	tcase_add_test(births, follows_births_around_the_ring);
	tcase_add_test(births, counts_births_that_were_overrun);
	tcase_add_test(births, comes_back_for_births_that_are_not_written_yet);
	tcase_add_test(births, does_not_take_an_old_birth_for_a_new_one);
	tcase_add_test(births, steps_past_a_birth_that_is_never_written);
	tcase_add_test(births, finds_a_birth_by_its_number);
	suite_add_tcase(suite, births);

	tcase_add_checked_fixture(noise, setup, teardown);
	tcase_set_timeout(noise, 60);
	tcase_add_test(noise, survives_noise);
	tcase_add_test(noise, does_not_misread_a_claim_that_is_filled_meanwhile);
	tcase_add_test(noise, survives_a_writer_that_scribbles);
	suite_add_tcase(suite, noise);
	return suite;
}
