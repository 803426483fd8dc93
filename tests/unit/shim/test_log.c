/*
 * The writer of the log, shim/log/log.c, and the reader at its other end: single
 * records, full logs, writers that are killed at any instruction, and writers
 * that race.
 */
#include "../support.h"
#include "base/process.h"
#include "base/real.h"
#include "cli/session/reader.h"
#include "cli/session/session.h"
#include "common/raw.h"
#include "log/log.h"
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

Suite *log_suite(void);

static const char *folder;
static struct session session;
static struct reader reader;
static struct record_buffer buffer;
static struct session_header *header;
static const unsigned char *cells;

static void setup(void)
{
	folder = support_folder();
	setenv(SESSION_DIRECTORY_VARIABLE, folder, 1);
	ck_assert_int_eq(session_create(&session), 0);
	ck_assert(log_open(session.path));
	header = log_header();
	cells = (const unsigned char *)header + header->cells_offset;
	/* The writer's mapping, so that a thread sanitizer sees both sides. */
	ck_assert_ptr_null(reader_open(&reader, log_header(), session.size));
	real_ensure();
	process.can_read = true;
	process.serial = process.image = 1;
	/* As if the PROCESS record were written: most tests want to be alone. */
	process.recorded = true;
}

static void teardown(void)
{
	free(buffer.record);
	reader_close(&reader);
	session_remove(&session);
	support_remove_folder(folder);
}

/* A record that says who wrote it and which it is, and fills the rest with what follows from both.
 */
static bool write_numbered(uint32_t writer, uint32_t number, uint32_t words)
{
	session_reference reference;
	struct record_lost *record =
		log_claim(sizeof(*record) + words * sizeof(*record->threads), &reference);

	if (!record)
		return false;
	record->overflowed = writer;
	record->count = words;
	for (uint32_t i = 0; i < words; i++)
		record->threads[i] = number * 31 + writer + i;
	record->threads[0] = number;
	log_commit(record, RECORD_LOST);
	return true;
}

/* Check writes to its parent at every assertion: too slow for these loops. */
static void expect(bool is_so, const char *what)
{
	if (!is_so)
		ck_abort_msg("%s", what);
}

/* Takes a numbered record apart. */
static uint32_t read_numbered(uint32_t *writer)
{
	const struct record_lost *record = (const void *)buffer.record;
	uint32_t number = record->threads[0];

	*writer = record->overflowed;
	for (uint32_t i = 1; i < record->count; i++)
		expect(record->threads[i] == number * 31 + *writer + i, "a torn record");
	expect(buffer.size == sizeof(*record) + record->count * sizeof(*record->threads),
	       "a wrong size");
	return number;
}

/* --- opening --------------------------------------------------------------- */

START_TEST(opens_only_a_session_of_ours)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/other", folder);
	switch (_i) {
	case 0: /* nothing there */
		break;
	case 1:
		ck_assert_int_eq(symlink(session.path, path), 0);
		break;
	case 2:
		ck_assert_int_eq(mkfifo(path, 0600), 0);
		break;
	case 3: /* too short */
		ck_assert_int_eq(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
		break;
	case 4: /* somebody else's: only root can try */
		ck_assert_int_eq(link(session.path, path), 0);
		if (chown(path, 12345, 12345))
			return;
		break;
	case 5:
		ck_assert_int_eq(link(session.path, path), 0);
		session.header->version++;
		break;
	case 6:
		ck_assert_int_eq(link(session.path, path), 0);
		session.header->magic[0] = 'x';
		break;
	case 7:
		ck_assert_int_eq(link(session.path, path), 0);
		session.header->cells_count++;
		break;
	case 8:
		ck_assert_int_eq(link(session.path, path), 0);
		session.header->births_count--;
		break;
	case 9:
		ck_assert_int_eq(link(session.path, path), 0);
		session.header->intern_offset = session.size;
		break;
	case 10: /* cut while nobody looked */
		ck_assert_int_eq(link(session.path, path), 0);
		ck_assert_int_eq(truncate(path, (off_t)session.size / 2), 0);
		break;
	}
	ck_assert(!log_open(path));
}
END_TEST

START_TEST(leaves_no_descriptor_open)
{
	int before = dup(0), after;

	close(before);
	ck_assert(log_open(session.path));
	ck_assert(!log_open("/dev/null"));
	after = dup(0);
	close(after);
	ck_assert_int_eq(before, after);
}
END_TEST

/* --- records ----------------------------------------------------------------- */

START_TEST(writes_what_the_reader_reads)
{
	uint64_t before = time_now();
	session_reference reference;
	struct record_touch *record = log_claim(sizeof(*record), &reference);

	ck_assert_ptr_nonnull(record);
	ck_assert_uint_ne(reference, 0);
	record->lock = 77;
	ck_assert(!reader_next(&reader, &buffer));
	log_commit(record, RECORD_TOUCH);
	ck_assert(reader_next(&reader, &buffer));
	ck_assert_int_eq(buffer.type, RECORD_TOUCH);
	ck_assert_uint_eq(buffer.reference, reference);
	ck_assert_uint_eq(buffer.record->process, 1);
	ck_assert_uint_eq(buffer.record->count, 1);
	ck_assert_uint_ge(buffer.record->time_ns, before);
	ck_assert_uint_eq(((const struct record_touch *)buffer.record)->lock, 77);
	ck_assert_ptr_eq(log_record(reference), record);
	ck_assert(!reader_next(&reader, &buffer));
}
END_TEST

START_TEST(says_who_writes_before_anything_else)
{
	const struct record_process *record;

	process = (struct process){.serial = 7,
				   .parent = 5,
				   .image = 3,
				   .pid = 700,
				   .parent_pid = 500,
				   .kind = BIRTH_CHILD,
				   .fork = 9,
				   .birth_ns = 11,
				   .lost = 4,
				   .private_facts = 13,
				   .path_length = 9,
				   .path = "/bin/truex",
				   .libc_version = "2.36"};
	ck_assert(write_numbered(1, 1, 1));
	ck_assert(write_numbered(1, 2, 1));
	ck_assert(reader_next(&reader, &buffer));
	ck_assert_int_eq(buffer.type, RECORD_PROCESS);
	record = (const void *)buffer.record;
	ck_assert_uint_eq(record->serial, 7);
	ck_assert_uint_eq(record->parent, 5);
	ck_assert_uint_eq(record->image, 3);
	ck_assert_int_eq(record->pid, 700);
	ck_assert_int_eq(record->parent_pid, 500);
	ck_assert_uint_eq(record->fork, 9);
	ck_assert_uint_eq(record->kind, BIRTH_CHILD);
	ck_assert_uint_eq(record->birth_ns, 11);
	ck_assert_uint_eq(record->lost, 4);
	ck_assert_uint_eq(record->private_facts, 13);
	ck_assert_uint_eq(record->path_length, 9);
	ck_assert_mem_eq(record->text, "/bin/true2.36", 13);
	ck_assert(reader_next(&reader, &buffer));
	ck_assert_int_eq(buffer.type, RECORD_LOST);
	ck_assert(reader_next(&reader, &buffer));
	ck_assert_int_eq(buffer.type, RECORD_LOST);
	ck_assert(!reader_next(&reader, &buffer));
}
END_TEST

START_TEST(counts_a_fact_that_is_known)
{
	struct intern_place place;
	session_reference reference;
	struct record_touch *record;

	ck_assert_uint_eq(log_find(0x1234567, &place), 0);
	ck_assert_ptr_nonnull(place.entry);
	record = log_claim(sizeof(*record), &reference);
	log_commit(record, RECORD_TOUCH);
	/* Until it is published everybody writes it again. */
	struct intern_place other;
	ck_assert_uint_eq(log_find(0x1234567, &other), 0);
	log_publish(&place, reference);
	ck_assert_uint_eq(log_find(0x1234567, &other), reference);
	ck_assert_uint_eq(log_find(0x1234567, &other), reference);
	ck_assert_uint_eq(reader_count(&reader, reference), 3);
	ck_assert_uint_eq(log_find(0x7654321, &other), 0);
	ck_assert_uint_eq(reader_count(&reader, reference), 3);
	/* A hash of 0 looks like an empty entry. */
	ck_assert_uint_eq(log_find(0, &other), 0);
	log_publish(&other, reference);
	ck_assert_uint_eq(log_find(2, &other), 0);
	ck_assert_uint_eq(log_find(0, &other), reference);
}
END_TEST

/* Hashes that fall on the same place, as many as are looked for and one more. */
START_TEST(does_without_a_place_in_a_crowd)
{
	struct intern_place place;
	session_reference reference;
	struct record_touch *record = log_claim(sizeof(*record), &reference);

	log_commit(record, RECORD_TOUCH);
	for (uint64_t i = 0; i < LOG_PROBES; i++) {
		ck_assert_uint_eq(log_find(i << 56 | 0x50001, &place), 0);
		ck_assert_ptr_nonnull(place.entry);
		log_publish(&place, reference);
	}
	ck_assert_uint_eq(log_find((uint64_t)LOG_PROBES << 56 | 0x50001, &place), 0);
	ck_assert_ptr_null(place.entry);
	log_publish(&place, reference);
	for (uint64_t i = 0; i < LOG_PROBES; i++)
		ck_assert_uint_eq(log_find(i << 56 | 0x50001, &place), reference);
}
END_TEST

START_TEST(stays_inside_the_log_whatever_the_reference)
{
	static const session_reference references[] = {0x7fffffff, UINT32_MAX, UINT32_MAX - 3};

	for (size_t i = 0; i < sizeof(references) / sizeof(*references); i++) {
		const unsigned char *record = log_record(references[i]);
		const unsigned char *end = cells + header->cells_count * SESSION_CELL;

		ck_assert(record >= cells && record + sizeof(struct record_wait) <= end);
	}
}
END_TEST

START_TEST(counts_what_finds_no_room)
{
	session_reference reference;
	uint32_t written = 0, dropped = 0, writer;

	/* All but a hundred cells. */
	header->next_cell = header->cells_count - 100;
	reader.position = header->next_cell;
	for (uint32_t i = 0; i < 50; i++)
		if (write_numbered(1, i, 40))
			written++;
		else
			dropped++;
	ck_assert_uint_eq(written, 25);
	ck_assert_uint_eq(dropped, 25);
	ck_assert_uint_eq(header->counters.dropped, dropped);
	ck_assert_ptr_null(log_claim(SESSION_CELL, &reference));
	ck_assert_uint_eq(reference, 0);
	for (uint32_t i = 0; i < written; i++) {
		ck_assert(reader_next(&reader, &buffer));
		ck_assert_uint_eq(read_numbered(&writer), i);
	}
	ck_assert(!reader_next(&reader, &buffer));
	ck_assert_uint_eq(reader_lost(&reader), dropped + 1);
}
END_TEST

START_TEST(hashes_every_byte_and_the_length)
{
	const char zeroes[4] = {0};

	ck_assert_uint_ne(hash_bytes(HASH_SEED, "abc", 3), hash_bytes(HASH_SEED, "abd", 3));
	ck_assert_uint_ne(hash_bytes(HASH_SEED, zeroes, 3), hash_bytes(HASH_SEED, zeroes, 4));
	ck_assert_uint_eq(hash_bytes(HASH_SEED, "abc", 3), hash_bytes(HASH_SEED, "abcd", 3));
	ck_assert_uint_ne(hash_mix(hash_mix(HASH_SEED, 1), 2), hash_mix(hash_mix(HASH_SEED, 2), 1));
}
END_TEST

START_TEST(announces_and_leaves_errno_alone)
{
	uint32_t news = header->news;

	errno = 77;
	log_announce();
	ck_assert_int_eq(errno, 77);
	ck_assert_uint_eq(header->news, news + 1);
}
END_TEST

/* --- births ------------------------------------------------------------------ */

START_TEST(shows_a_birth_once_it_is_filled_in)
{
	struct session_birth birth = {.time_ns = 1,
				      .process = 2,
				      .parent = 3,
				      .image = 4,
				      .pid = 5,
				      .fork = 6,
				      .kind = BIRTH_CHILD,
				      .lost = 8,
				      .private_facts = 9};
	struct session_birth read;
	uint64_t index = log_birth_reserve();

	ck_assert(!reader_next_birth(&reader, &read));
	log_birth_fill(index, &birth);
	ck_assert(reader_next_birth(&reader, &read));
	ck_assert_uint_eq(read.time_ns, 1);
	ck_assert_uint_eq(read.process, 2);
	ck_assert_uint_eq(read.parent, 3);
	ck_assert_uint_eq(read.image, 4);
	ck_assert_int_eq(read.pid, 5);
	ck_assert_uint_eq(read.fork, 6);
	ck_assert_uint_eq(read.kind, BIRTH_CHILD);
	ck_assert_uint_eq(read.lost, 8);
	ck_assert_uint_eq(read.private_facts, 9);
	ck_assert_uint_eq(header->counters.processes, 1);
	/* A fork that failed is no process. */
	birth.kind = 0;
	log_birth_fill(log_birth_reserve(), &birth);
	ck_assert_uint_eq(header->counters.processes, 1);
}
END_TEST

/* The child may exec before its parent has filled the entry in. */
START_TEST(keeps_a_mark_that_came_before_the_birth)
{
	struct session_birth birth = {.process = 2, .kind = BIRTH_CHILD}, read;
	uint64_t index = log_birth_reserve();

	log_birth_mark(index, BIRTH_EXECED);
	log_birth_mark(index, BIRTH_INHERITED);
	log_birth_fill(index, &birth);
	ck_assert(reader_next_birth(&reader, &read));
	ck_assert_uint_eq(read.state, BIRTH_EXECED | BIRTH_INHERITED);
	/* The exec failed. */
	log_birth_unmark(index, BIRTH_EXECED);
	ck_assert(reader_birth(&reader, index, &read));
	ck_assert_uint_eq(read.state, BIRTH_INHERITED);
}
END_TEST

START_TEST(shows_the_first_of_those_that_fork)
{
	struct session_birth birth = {.process = 2, .kind = BIRTH_IMAGE}, read;
	uint64_t index = log_birth_reserve();

	log_birth_fill(index, &birth);
	log_birth_forking(index, 11);
	log_birth_forking(index, 22);
	log_birth_forked(index, 22);
	ck_assert(reader_birth(&reader, index, &read));
	ck_assert_int_eq(read.forking, 11);
	log_birth_forked(index, 11);
	ck_assert(reader_birth(&reader, index, &read));
	ck_assert_int_eq(read.forking, 0);
}
END_TEST

START_TEST(does_not_mark_who_took_the_place_since)
{
	struct session_birth birth = {.process = 2, .kind = BIRTH_CHILD}, read;
	uint64_t old = log_birth_reserve(), index = old;

	log_birth_fill(old, &birth);
	log_birth_mark(old, BIRTH_EXECED);
	log_birth_forking(old, 11);
	for (uint32_t i = 0; i < header->births_count; i++)
		log_birth_fill(index = log_birth_reserve(), &birth);
	/* The same place of the ring. */
	ck_assert_uint_eq(index % header->births_count, old % header->births_count);
	/* Nothing of the one before is left. */
	ck_assert(reader_birth(&reader, index, &read));
	ck_assert_uint_eq(read.state, 0);
	ck_assert_int_eq(read.forking, 0);
	log_birth_mark(old, BIRTH_EXECED);
	log_birth_forking(old, 11);
	ck_assert(reader_birth(&reader, index, &read));
	ck_assert_uint_eq(read.state, 0);
	ck_assert_int_eq(read.forking, 0);
}
END_TEST

/* --- writers that are killed ------------------------------------------------- */

enum death { BEFORE_BODY, IN_BODY, BEFORE_COMMIT };

static void die_while_writing(void *death)
{
	session_reference reference;
	struct record_lost *record = log_claim(400, &reference);

	if (*(enum death *)death != BEFORE_BODY)
		memset((char *)record + sizeof(struct record), 0xff,
		       *(enum death *)death == IN_BODY ? 100 : 400 - sizeof(struct record));
	kill(getpid(), SIGKILL);
}

START_TEST(loses_only_the_record_of_a_killed_writer)
{
	enum death death = (enum death)_i;
	pid_t child;
	uint32_t writer;

	ck_assert(write_numbered(1, 1, 10));
	child = support_child(die_while_writing, &death);
	waitpid(child, NULL, 0);
	ck_assert(write_numbered(1, 2, 10));
	for (uint32_t i = 1; i <= 2; i++) {
		ck_assert(reader_next(&reader, &buffer));
		ck_assert_uint_eq(read_numbered(&writer), i);
	}
	ck_assert(!reader_next(&reader, &buffer));
	ck_assert_uint_eq(reader_lost(&reader), 1);
}
END_TEST

#define KILLED 120

/* Of each writer: records begun and records committed. */
struct progress {
	_Atomic uint32_t begun, committed;
};

static struct progress *progress;

static void write_until_killed(void *data)
{
	uint32_t writer = *(uint32_t *)data;
	uint64_t state = writer + 1;

	process.serial = writer + 2;
	process.recorded = false;
	for (uint32_t number = 0; number < 600; number++) {
		atomic_store(&progress[writer].begun, number + 1);
		if (!write_numbered(writer, number, 1 + (uint32_t)(support_random(&state) % 120)))
			break;
		atomic_store(&progress[writer].committed, number + 1);
	}
	for (;;)
		pause();
}

/* Which writer's record comes next; they must come whole, in order and once. */
static uint32_t returned[KILLED];
static uint32_t introduced[KILLED];

static void take_all(void)
{
	uint32_t writer, number;

	while (reader_next(&reader, &buffer)) {
		if (buffer.type == RECORD_PROCESS) {
			writer = ((const struct record_process *)buffer.record)->serial - 2;
			expect(writer < KILLED && !introduced[writer]++, "a process twice");
			continue;
		}
		expect(buffer.type == RECORD_LOST, "a record that nobody wrote");
		number = read_numbered(&writer);
		expect(writer < KILLED, "a writer that is none");
		expect(number == returned[writer]++, "a record twice, or one is missing");
	}
}

static void sleep_ns(uint64_t time)
{
	struct timespec pause = {0, (long)time};

	nanosleep(&pause, NULL);
}

START_TEST(returns_every_record_that_was_committed)
{
	uint64_t state = 42;

	progress = mmap(NULL, KILLED * sizeof(*progress), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(progress, MAP_FAILED);
	for (uint32_t writer = 0; writer < KILLED; writer += 2) {
		uint32_t other = writer + 1;
		pid_t first = support_child(write_until_killed, &writer);
		pid_t second = support_child(write_until_killed, &other);

		/* Once they write, at any moment. */
		while (!atomic_load(&progress[writer].begun) ||
		       !atomic_load(&progress[other].begun))
			sched_yield();
		sleep_ns(support_random(&state) % 200000);
		take_all();
		support_end_child(first);
		support_end_child(second);
		take_all();
	}
	for (uint32_t writer = 0; writer < KILLED; writer++) {
		expect(returned[writer] >= progress[writer].committed,
		       "a committed record is lost");
		expect(returned[writer] <= progress[writer].begun, "a record that was not begun");
		expect(progress[writer].begun > 0, "the writer never wrote");
	}
	ck_assert_uint_eq(header->counters.dropped, 0);
	/* One each at most; cells of several that lie side by side count once. */
	ck_assert_uint_le(reader_lost(&reader), KILLED);
	munmap(progress, KILLED * sizeof(*progress));
}
END_TEST

/* --- writers that race --------------------------------------------------------- */

#define RACERS 4
#define RACED  25000

/*
 * The reader looks at cells of which it does not know yet whether a record
 * begins there, and then looks again (reader.c). A thread sanitizer calls that
 * a race, so for it every record is one cell long.
 */
#ifdef __SANITIZE_THREAD__
#define RACED_WORDS 6
#else
#define RACED_WORDS 20
#endif

static pthread_barrier_t start_line;

static void *race(void *data)
{
	uint32_t writer = *(uint32_t *)data;

	pthread_barrier_wait(&start_line);
	for (uint32_t number = 0; number < RACED; number++)
		if (!write_numbered(writer, number, 1 + number % RACED_WORDS))
			break;
	return NULL;
}

/* A record that was stepped over while it was open comes later than its followers. */
START_TEST(returns_what_racing_threads_wrote)
{
	static unsigned char seen[RACERS][RACED];
	pthread_t threads[RACERS];
	uint32_t writers[RACERS], writer, number, count = 0;
	bool last_pass = false;

	pthread_barrier_init(&start_line, NULL, RACERS);
	for (uint32_t i = 0; i < RACERS; i++) {
		writers[i] = i;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, race, &writers[i]), 0);
	}
	for (;;) {
		while (reader_next(&reader, &buffer)) {
			number = read_numbered(&writer);
			expect(writer < RACERS && number < RACED && !seen[writer][number]++,
			       "a record twice");
			count++;
		}
		if (last_pass)
			break;
		/* Most of the time two writers have two processors. */
		sleep_ns(100000);
		last_pass = count > RACERS * RACED / 2;
		for (int i = 0; last_pass && i < RACERS; i++)
			pthread_join(threads[i], NULL);
	}
	ck_assert_uint_eq(count, RACERS * RACED);
	ck_assert_uint_eq(reader_lost(&reader), 0);
}
END_TEST

static void *race_for_a_fact(void *data)
{
	session_reference *known = data;

	for (uint64_t fact = 1; fact <= 2000; fact++) {
		struct intern_place place;
		session_reference reference = log_find(fact << 20, &place);
		struct record_touch *record;

		if (reference)
			continue;
		record = log_claim(sizeof(*record), &reference);
		record->lock = fact;
		log_commit(record, RECORD_TOUCH);
		log_publish(&place, reference);
		++*known;
	}
	return NULL;
}

/* Whoever loses the race writes the fact again; no count is lost. */
START_TEST(counts_facts_of_racing_threads)
{
	session_reference written[RACERS] = {0};
	pthread_t threads[RACERS];
	uint64_t total = 0, records = 0;

	for (int i = 0; i < RACERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, race_for_a_fact, &written[i]),
				 0);
	for (int i = 0; i < RACERS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < RACERS; i++)
		records += written[i];
	ck_assert_uint_ge(records, 2000);
	while (reader_next(&reader, &buffer)) {
		total += reader_count(&reader, buffer.reference);
		records--;
	}
	ck_assert_uint_eq(records, 0);
	ck_assert_uint_eq(total, RACERS * 2000);
}
END_TEST

Suite *log_suite(void)
{
	Suite *suite = suite_create("log");
	TCase *core = tcase_create("core"), *races = tcase_create("races");

	tcase_add_checked_fixture(core, setup, teardown);
	tcase_add_loop_test(core, opens_only_a_session_of_ours, 0, 11);
	tcase_add_test(core, leaves_no_descriptor_open);
	tcase_add_test(core, writes_what_the_reader_reads);
	tcase_add_test(core, says_who_writes_before_anything_else);
	tcase_add_test(core, counts_a_fact_that_is_known);
	tcase_add_test(core, does_without_a_place_in_a_crowd);
	tcase_add_test(core, stays_inside_the_log_whatever_the_reference);
	tcase_add_test(core, counts_what_finds_no_room);
	tcase_add_test(core, hashes_every_byte_and_the_length);
	tcase_add_test(core, announces_and_leaves_errno_alone);
	tcase_add_test(core, shows_a_birth_once_it_is_filled_in);
	tcase_add_test(core, keeps_a_mark_that_came_before_the_birth);
	tcase_add_test(core, shows_the_first_of_those_that_fork);
	tcase_add_test(core, does_not_mark_who_took_the_place_since);
	suite_add_tcase(suite, core);

	tcase_add_checked_fixture(races, setup, teardown);
	tcase_set_timeout(races, 60);
	tcase_add_loop_test(races, loses_only_the_record_of_a_killed_writer, 0, 3);
	tcase_add_test(races, returns_every_record_that_was_committed);
	tcase_add_test(races, returns_what_racing_threads_wrote);
	tcase_add_test(races, counts_facts_of_racing_threads);
	suite_add_tcase(suite, races);
	return suite;
}
