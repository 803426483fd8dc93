/*
 * Records as things that refer to each other. A reference is believed only
 * where a record of the right type stands.
 */
#include "cli/session/model.h"
#include "session_builder.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *model_suite(void);

#define CELLS 256

static struct session_builder session;
static struct reader reader;
static struct model model;

static void setup(void)
{
	session_builder_open(&session, 16, CELLS);
	ck_assert_ptr_null(reader_open(&reader, session.header, session.size));
	model_init(&model, &reader, NULL);
}

static void teardown(void)
{
	model_release(&model);
	reader_close(&reader);
	session_builder_close(&session);
}

START_TEST(tells_whether_anything_came)
{
	ck_assert(!model_update(&model));
	session_add(&session, TOUCH, touch, 1, .lock = 1);
	ck_assert(model_update(&model));
	ck_assert(!model_update(&model));
	session_builder_birth(&session, (struct session_birth){.process = 1, .kind = BIRTH_IMAGE});
	ck_assert(model_update(&model));
	ck_assert(!model_update(&model));
}
END_TEST

START_TEST(keeps_private_copies)
{
	session_reference reference = session_add(&session, TOUCH, touch, 1, .lock = 7);

	model_update(&model);
	((struct record_touch *)session_builder_cell(&session, reference))->lock = 8;
	ck_assert_uint_eq(model_touch(&model, reference)->lock, 7);
}
END_TEST

START_TEST(lists_records_in_the_order_of_the_log)
{
	const struct model_list *list = model_list(&model, RECORD_WAIT);
	session_reference waits[3];

	ck_assert_uint_eq(list->count, 0);
	for (int i = 0; i < 3; i++) {
		waits[i] = session_add(&session, WAIT, wait, 1, .tid = i);
		session_add(&session, TOUCH, touch, 1, .lock = 1);
	}
	model_update(&model);
	ck_assert_uint_eq(list->count, 3);
	ck_assert_mem_eq(list->references, waits, sizeof(waits));
	ck_assert_uint_eq(model_list(&model, RECORD_TOUCH)->count, 3);
}
END_TEST

/* Every record_of() by type, so that each can be asked for each other's records. */
static const void *look_up(enum record_type type, session_reference reference)
{
	switch (type) {
	case RECORD_STACK:
		return model_stack(&model, reference);
	case RECORD_THREAD:
		return model_thread(&model, reference);
	case RECORD_FORK:
		return model_fork(&model, reference);
	case RECORD_LOST:
		return model_lost(&model, reference);
	case RECORD_HELD:
		return model_held(&model, reference);
	case RECORD_WAIT:
		return model_wait(&model, reference);
	case RECORD_TOUCH:
		return model_touch(&model, reference);
	case RECORD_MODULE:
		return model_module(&model, reference);
	case RECORD_ATFORK:
		return model_atfork(&model, reference);
	case RECORD_USE:
		return model_use(&model, reference);
	case RECORD_HANG:
		return model_hang(&model, reference);
	case RECORD_ACTION:
		return model_action(&model, reference);
	case RECORD_ATTACHED:
		return model_attached(&model, reference);
	case RECORD_TASK:
		return model_task(&model, reference);
	case RECORD_RUN:
		return model_run(&model, reference);
	case RECORD_UNOBSERVED:
		return model_unobserved(&model, reference);
	case RECORD_OBJECT:
		return model_object(&model, reference);
	case RECORD_PYTHON_CODE:
		return model_python_code(&model, reference);
	case RECORD_PYTHON:
		return model_python(&model, reference);
	case RECORD_LEFT:
		return model_left(&model, reference);
	case RECORD_RING:
		return model_ring(&model, reference);
	case RECORD_SHARE:
		return model_share(&model, reference);
	case RECORD_COPIED:
		return model_copied(&model, reference);
	case RECORD_SHARED_USE:
		return model_shared_use(&model, reference);
	case RECORD_TAKEN:
		return model_taken(&model, reference);
	case RECORD_LOST_USE:
		return model_lost_use(&model, reference);
	case RECORD_BLOCKED:
		return model_blocked(&model, reference);
	case RECORD_PLACE:
		return model_place(&model, reference);
	case RECORD_LOST_WORK:
		return model_lost_work(&model, reference);
	case RECORD_LATE_ORDER:
		return model_late_order(&model, reference);
	case RECORD_HANDED:
		return model_handed(&model, reference);
	case RECORD_SIGNAL:
		return model_signal(&model, reference);
	case RECORD_SECTION:
		return model_section(&model, reference);
	case RECORD_CRASH:
		return model_crash(&model, reference);
	default:
		return NULL;
	}
}

/* A counter that the program wrote over must not be counted up to. */
START_TEST(does_not_count_to_a_hostile_number_of_births)
{
	session_builder_birth(&session, (struct session_birth){.process = 7, .kind = BIRTH_IMAGE});
	atomic_store(&session.header->next_birth, UINT64_MAX / 2);
	model_update(&model);
	ck_assert_ptr_null(model_facts(&model, 8));
}
END_TEST

START_TEST(gives_no_record_of_a_wrong_type)
{
	session_reference references[RECORD_TYPES] = {0};

	references[RECORD_STACK] = session_add(&session, STACK, stack, 1, .length = 0);
	references[RECORD_THREAD] = session_add(&session, THREAD, thread, 1, .tid = 1);
	references[RECORD_FORK] = session_add(&session, FORK, fork, 1, .parent = 1);
	references[RECORD_LOST] =
		session_builder_lost(&session, 1, references[RECORD_FORK], NULL, 0);
	references[RECORD_HELD] = session_add(&session, HELD, held, 1, .lock = 1);
	references[RECORD_WAIT] = session_add(&session, WAIT, wait, 1, .lock = 1);
	references[RECORD_TOUCH] = session_add(&session, TOUCH, touch, 1, .lock = 1);
	references[RECORD_MODULE] = session_builder_module(&session, 1, "/a", 0);
	references[RECORD_ATFORK] = session_add(&session, ATFORK, atfork, 1, .image = 1);
	references[RECORD_USE] = session_add(&session, USE, use, 1, .image = 1);
	references[RECORD_HANG] = session_add(&session, HANG, hang, 0, .serial = 1);
	references[RECORD_ACTION] = session_add(&session, ACTION, action, 0, .pid = 1);
	references[RECORD_RUN] = session_add(&session, RUN, run, 0, .pid = 1);
	references[RECORD_UNOBSERVED] = session_add(&session, UNOBSERVED, unobserved, 1, .pid = 1);
	references[RECORD_OBJECT] = session_add(&session, OBJECT, object, 0, .serial = 1);
	references[RECORD_PYTHON_CODE] =
		session_add(&session, PYTHON_CODE, python_code, 1, .image = 1);
	references[RECORD_PYTHON] = session_add(&session, PYTHON, python, 1, .image = 1);
	references[RECORD_LEFT] = session_add(&session, LEFT, left, 0, .pid = 1);
	references[RECORD_RING] = session_add(&session, RING, ring, 0, .pid = 1);
	references[RECORD_SHARE] = session_add(&session, SHARE, share, 0, .pid = 1);
	references[RECORD_COPIED] = session_add(&session, COPIED, copied, 1, .identity = 1);
	references[RECORD_SHARED_USE] = session_add(&session, SHARED_USE, shared_use, 1, .tid = 1);
	references[RECORD_TAKEN] = session_add(&session, TAKEN, taken, 1, .lock = 1);
	references[RECORD_LOST_USE] = session_add(&session, LOST_USE, lost_use, 1, .tid = 1);
	references[RECORD_BLOCKED] = session_add(&session, BLOCKED, blocked, 0, .tid = 1);
	references[RECORD_PLACE] = session_add(&session, PLACE, place, 0, .serial = 1);
	references[RECORD_HANDED] = session_add(&session, HANDED, handed, 0, .serial = 1);
	references[RECORD_LOST_WORK] = session_add(&session, LOST_WORK, lost_work, 1, .tid = 1);
	references[RECORD_SIGNAL] = session_add(&session, SIGNAL, signal, 1, .pid = 1);
	references[RECORD_LATE_ORDER] = session_add(&session, LATE_ORDER, late_order, 1, .lock = 1);
	references[RECORD_ATTACHED] = session_add(&session, ATTACHED, attached, 0, .pid = 1);
	references[RECORD_TASK] = session_add(&session, TASK, task, 0, .tid = 1);
	references[RECORD_CRASH] = session_add(&session, CRASH, crash, 1, .tid = 1);
	references[RECORD_SECTION] = session_add(&session, SECTION, section, 1, .lock = 1);
	model_update(&model);
	for (int wanted = RECORD_MODULE; wanted < RECORD_TYPES; wanted++)
		for (int there = RECORD_MODULE; there < RECORD_TYPES; there++) {
			const void *found = look_up((enum record_type)wanted, references[there]);

			ck_assert_int_eq(found != NULL, wanted == there);
		}
}
END_TEST

START_TEST(gives_no_record_where_there_is_none)
{
	session_reference wait = session_add(&session, WAIT, wait, 1, .lock = 1);
	const session_reference wrong[] = {0, wait + 1, wait + 3, CELLS, CELLS + 1, UINT32_MAX};

	model_update(&model);
	ck_assert_ptr_nonnull(model_wait(&model, wait));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		ck_assert_ptr_null(model_wait(&model, wrong[i]));
}
END_TEST

START_TEST(knows_a_process_by_its_birth)
{
	session_builder_birth(&session, (struct session_birth){.process = 5,
							       .parent = 4,
							       .image = 1,
							       .pid = 500,
							       .fork = 77,
							       .time_ns = 123,
							       .lost = 2,
							       .kind = BIRTH_CHILD});
	model_update(&model);

	const struct process_facts *process = model_facts(&model, 5);
	ck_assert_ptr_nonnull(process);
	ck_assert_uint_eq(process->serial, 5);
	ck_assert_uint_eq(process->parent, 4);
	ck_assert_uint_eq(process->image, 1);
	ck_assert_int_eq(process->pid, 500);
	ck_assert_uint_eq(process->fork, 77);
	ck_assert_uint_eq(process->birth_ns, 123);
	ck_assert_uint_eq(process->lost, 2);
	ck_assert_int_eq(process->kind, BIRTH_CHILD);
	ck_assert_ptr_null(process->path);
	ck_assert_ptr_null(model_facts(&model, 4));
	ck_assert_ptr_null(model_facts(&model, 6));
}
END_TEST

/* Who asks about one process goes on with its facts when the news have brought others. */
START_TEST(keeps_facts_where_they_are)
{
	const struct process_facts *facts;

	session_builder_birth(&session,
			      (struct session_birth){.process = 1, .pid = 4, .kind = BIRTH_IMAGE});
	model_update(&model);
	facts = model_facts(&model, 1);
	for (uint32_t serial = 2; serial < 10000; serial++) {
		session_builder_birth(
			&session, (struct session_birth){.process = serial, .kind = BIRTH_IMAGE});
		model_update(&model);
	}
	ck_assert_ptr_eq(model_facts(&model, 1), facts);
	ck_assert_int_eq(facts->pid, 4);
	ck_assert_ptr_nonnull(model_facts(&model, 9999));
}
END_TEST

START_TEST(knows_a_process_by_its_record)
{
	session_builder_process(&session,
				(struct record_process){.serial = 3,
							.image = 3,
							.pid = 300,
							.parent_pid = 1,
							.kind = BIRTH_IMAGE,
							.birth_ns = 9},
				"/usr/bin/server");
	model_update(&model);

	const struct process_facts *process = model_facts(&model, 3);
	ck_assert_ptr_nonnull(process);
	ck_assert_int_eq(process->pid, 300);
	ck_assert_int_eq(process->parent_pid, 1);
	ck_assert_str_eq(process->path, "/usr/bin/server");
	ck_assert_str_eq(model_program(&model, 3), "/usr/bin/server");
	/* Its place in the ring is not known, so nothing is known of an exec. */
	ck_assert_uint_eq(model_state(&model, process), 0);
}
END_TEST

/* In whatever order they come, each adds what the other lacks. */
START_TEST(joins_birth_and_record)
{
	struct session_birth birth = {
		.process = 2, .image = 1, .pid = 200, .lost = 3, .kind = BIRTH_CHILD};
	struct record_process record = {
		.serial = 2, .image = 1, .pid = 200, .parent_pid = 100, .kind = BIRTH_CHILD};
	const struct process_facts *process;

	if (_i == 0)
		session_builder_birth(&session, birth);
	session_builder_process(&session, record, "/bin/p");
	model_update(&model);
	if (_i == 1)
		session_builder_birth(&session, birth);
	model_update(&model);
	process = model_facts(&model, 2);
	ck_assert_int_eq(process->parent_pid, 100);
	ck_assert_str_eq(process->path, "/bin/p");
	ck_assert_uint_eq(process->lost, 3);
	ck_assert_uint_eq(process->birth_number, 1);
}
END_TEST

START_TEST(ignores_births_of_failed_forks)
{
	session_builder_birth(&session, (struct session_birth){.process = 2, .pid = -1});
	model_update(&model);
	ck_assert_ptr_null(model_facts(&model, 2));
}
END_TEST

START_TEST(names_a_child_after_its_image)
{
	session_builder_process(&session, (struct record_process){.serial = 1, .image = 1}, "/a");
	session_builder_birth(
		&session, (struct session_birth){.process = 2, .image = 1, .kind = BIRTH_CHILD});
	session_builder_birth(
		&session, (struct session_birth){.process = 3, .image = 9, .kind = BIRTH_CHILD});
	model_update(&model);
	ck_assert_str_eq(model_program(&model, 2), "/a");
	ck_assert_ptr_null(model_program(&model, 3));
	ck_assert_ptr_null(model_program(&model, 9));
}
END_TEST

START_TEST(tells_a_state_as_it_is_now)
{
	uint64_t number = session_builder_birth(
		&session, (struct session_birth){.process = 2, .kind = BIRTH_CHILD});
	struct session_birth *entry = session_builder_birth_at(&session, number);

	model_update(&model);
	ck_assert_uint_eq(model_state(&model, model_facts(&model, 2)), 0);
	entry->state = BIRTH_EXECED | BIRTH_INHERITED;
	ck_assert_uint_eq(model_state(&model, model_facts(&model, 2)),
			  BIRTH_EXECED | BIRTH_INHERITED);
	/* The entry is another process' by now: what was seen last holds. */
	entry->process = 3;
	ck_assert_uint_eq(model_state(&model, model_facts(&model, 2)), 0);
	entry->process = 2;
	entry->sequence += 16;
	ck_assert_uint_eq(model_state(&model, model_facts(&model, 2)), 0);
}
END_TEST

START_TEST(keeps_the_state_of_a_process_whose_place_was_taken)
{
	uint64_t number = session_builder_birth(
		&session, (struct session_birth){
				  .process = 2, .state = BIRTH_INHERITED, .kind = BIRTH_CHILD});

	model_update(&model);
	session_builder_birth_at(&session, number)->sequence += 16;
	ck_assert_uint_eq(model_state(&model, model_facts(&model, 2)), BIRTH_INHERITED);
}
END_TEST

/* What a child does with itself long after its birth counts, though its place is taken in the end.
 */
START_TEST(asks_for_a_state_before_its_place_is_taken)
{
	uint64_t capacity = session.header->births_count;

	session_builder_birth(&session, (struct session_birth){.process = 1, .kind = BIRTH_CHILD});
	model_update(&model);
	session_builder_birth_at(&session, 0)->state = BIRTH_EXECED;
	for (uint32_t serial = 2; serial <= 3 * capacity; serial++) {
		session_builder_birth(
			&session, (struct session_birth){.process = serial, .kind = BIRTH_CHILD});
		model_update(&model);
	}
	ck_assert_uint_eq(model_state(&model, model_facts(&model, 1)), BIRTH_EXECED);
	ck_assert_uint_eq(model_state(&model, model_facts(&model, 2)), 0);
}
END_TEST

/* Each once, whether its birth, its record or both were seen; others are passed over. */
START_TEST(lists_the_children_of_a_fork)
{
	session_reference fork = session_add(&session, FORK, fork, 1, .parent = 1);
	uint32_t expected[] = {5, 3, 4}, count = 0;

	ck_assert_uint_eq(model_first_child(&model, fork), 0);
	ck_assert_uint_eq(model_first_child(&model, UINT32_MAX), 0);
	for (size_t i = 0; i < 2; i++)
		session_builder_birth(&session, (struct session_birth){.process = expected[i],
								       .kind = BIRTH_CHILD,
								       .fork = fork});
	session_builder_birth(
		&session,
		(struct session_birth){.process = 6, .kind = BIRTH_CHILD, .fork = fork + 1});
	model_update(&model);
	for (uint32_t serial = 3; serial <= 4; serial++)
		session_builder_process(&session,
					(struct record_process){.serial = serial,
								.kind = BIRTH_CHILD,
								.fork = fork},
					NULL);
	session_builder_process(
		&session,
		(struct record_process){.serial = 7, .kind = BIRTH_CHILD, .fork = UINT32_MAX},
		NULL);
	model_update(&model);
	for (uint32_t serial = model_first_child(&model, fork); serial;
	     serial = model_facts(&model, serial)->next_sibling)
		ck_assert_uint_eq(serial, expected[count++]);
	ck_assert_uint_eq(count, 3);
}
END_TEST

START_TEST(knows_who_asked_for_a_lock)
{
	for (uint32_t process = 1; process <= 60; process++)
		session_add(&session, WAIT, wait, process, .lock = 0x1000 + 8 * (process % 3),
			    .flags = process % 2 ? WAIT_TRY : 0);
	session_add(&session, TOUCH, touch, 2, .lock = 0x2000);
	model_update(&model);
	for (uint32_t process = 1; process <= 60; process++)
		for (uint32_t lock = 0; lock < 3; lock++) {
			bool asked = process % 3 == lock;

			ck_assert_int_eq(model_waited_for_ever(&model, process, 0x1000 + 8 * lock),
					 asked && process % 2 == 0);
			ck_assert_int_eq(model_touched(&model, process, 0x1000 + 8 * lock),
					 asked && process % 2 == 1);
		}
	ck_assert(model_touched(&model, 2, 0x2000));
}
END_TEST

START_TEST(shows_one_process_alone)
{
	struct model_view view;

	for (uint32_t process = 1; process <= 3; process++) {
		session_add(&session, WAIT, wait, process, .lock = 8);
		session_add(&session, HANG, hang, 0, .serial = process);
	}
	model_update(&model);
	model_restrict(&model, &view, 2);
	ck_assert_uint_eq(model_list(&model, RECORD_WAIT)->count, 1);
	ck_assert_uint_eq(model_list(&model, RECORD_HANG)->count, 1);
	ck_assert_uint_eq(model_list(&model, RECORD_TOUCH)->count, 0);
	model_give_back(&model, &view);
	ck_assert_uint_eq(model_list(&model, RECORD_WAIT)->count, 3);
	ck_assert_uint_eq(model_list(&model, RECORD_HANG)->count, 3);
}
END_TEST

START_TEST(ignores_hostile_serials)
{
	static const uint32_t serials[] = {0, UINT32_MAX, 1u << 31, 8u << 20};

	for (size_t i = 0; i < sizeof(serials) / sizeof(*serials); i++) {
		uint32_t serial = serials[i];

		session_builder_process(&session, (struct record_process){.serial = serial}, "/x");
		session_builder_birth(&session, (struct session_birth){.process = serial,
								       .image = serial,
								       .kind = BIRTH_CHILD});
		model_update(&model);
		ck_assert_ptr_null(model_facts(&model, serial));
		ck_assert_ptr_null(model_program(&model, serial));
		ck_assert_ptr_null(model_space(&model, serial));
	}
	ck_assert_uint_eq(model.process_capacity, 0);
}
END_TEST

START_TEST(builds_a_space_again_when_a_module_comes)
{
	struct address_space *before;
	struct data_symbol symbol;
	struct arena arena;

	arena_init(&arena);
	session_builder_process(&session, (struct record_process){.serial = 1, .image = 1}, "/a");
	session_builder_birth(
		&session, (struct session_birth){.process = 2, .image = 1, .kind = BIRTH_CHILD});
	model_update(&model);
	before = model_space(&model, 1);
	ck_assert_ptr_nonnull(before);
	ck_assert_ptr_eq(model_space(&model, 2), before);

	session_builder_module(&session, 1, "/proc/self/exe", 0x10000000);
	session_builder_module(&session, 7, "/proc/self/exe", 0x20000000);
	model_update(&model);
	symbol = symbolize_data(model_space(&model, 2), &arena, 0x10000040);
	ck_assert_str_eq(symbol.module, "/proc/self/exe");
	ck_assert_uint_eq(symbol.offset, 0x40);
	ck_assert_ptr_null(symbolize_data(model_space(&model, 2), &arena, 0x20000040).module);
	arena_release(&arena);
}
END_TEST

/* The loader's list has no name for the program itself. */
START_TEST(takes_the_nameless_module_for_the_program)
{
	struct arena arena;

	arena_init(&arena);
	session_builder_process(&session, (struct record_process){.serial = 1, .image = 1},
				"/proc/self/exe");
	session_builder_module(&session, 1, "", 0x10000000);
	model_update(&model);
	ck_assert_str_eq(symbolize_data(model_space(&model, 1), &arena, 0x10000040).module,
			 "/proc/self/exe");
	arena_release(&arena);
}
END_TEST

Suite *model_suite(void)
{
	Suite *suite = suite_create("model");
	TCase *core = tcase_create("core");

	tcase_add_checked_fixture(core, setup, teardown);
	tcase_add_test(core, tells_whether_anything_came);
	tcase_add_test(core, keeps_private_copies);
	tcase_add_test(core, lists_records_in_the_order_of_the_log);
	tcase_add_test(core, gives_no_record_of_a_wrong_type);
	tcase_add_test(core, does_not_count_to_a_hostile_number_of_births);
	tcase_add_test(core, gives_no_record_where_there_is_none);
	tcase_add_test(core, knows_a_process_by_its_birth);
	tcase_add_test(core, keeps_facts_where_they_are);
	tcase_add_test(core, knows_a_process_by_its_record);
	tcase_add_loop_test(core, joins_birth_and_record, 0, 2);
	tcase_add_test(core, ignores_births_of_failed_forks);
	tcase_add_test(core, names_a_child_after_its_image);
	tcase_add_test(core, tells_a_state_as_it_is_now);
	tcase_add_test(core, keeps_the_state_of_a_process_whose_place_was_taken);
	tcase_add_test(core, asks_for_a_state_before_its_place_is_taken);
	tcase_add_test(core, lists_the_children_of_a_fork);
	tcase_add_test(core, knows_who_asked_for_a_lock);
	tcase_add_test(core, shows_one_process_alone);
	tcase_add_test(core, ignores_hostile_serials);
	tcase_add_test(core, builds_a_space_again_when_a_module_comes);
	tcase_add_test(core, takes_the_nameless_module_for_the_program);
	suite_add_tcase(suite, core);
	return suite;
}
