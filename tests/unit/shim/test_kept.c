/*
 * What a process keeps instead of writing it, shim/log/kept_facts.c: nothing is written until
 * something refers to it or a fork needs it, and then as if it had been written at once.
 */
#include "../support.h"
#include "base/process.h"
#include "base/real.h"
#include "cli/session/model.h"
#include "cli/session/session.h"
#include "log/kept_facts.h"
#include "log/log.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *kept_suite(void);

static const char *folder;
static struct session session;
static struct reader reader;
static struct model model;

static void setup(void)
{
	folder = support_folder();
	setenv(SESSION_DIRECTORY_VARIABLE, folder, 1);
	ck_assert_int_eq(session_create(&session), 0);
	ck_assert(log_open(session.path));
	ck_assert_ptr_null(reader_open(&reader, log_header(), session.size));
	model_init(&model, &reader, NULL);
	real_ensure();
	process.can_read = true;
	process.serial = process.image = 1;
	process.recorded = true;
}

static void teardown(void)
{
	model_release(&model);
	reader_close(&reader);
	session_remove(&session);
	support_remove_folder(folder);
}

static kept_fact keep_bytes(uint64_t hash, size_t size)
{
	struct kept_place place;
	kept_fact fact = kept_find(hash, &place);
	struct record_stack *record;

	if (fact)
		return fact;
	record = kept_claim(&place, sizeof(*record) + size, &fact);
	if (!record)
		return 0;
	record->flags = STACK_TRUNCATED;
	record->length = (uint32_t)size;
	memset(record->bytes, (int)(hash & 0xff), size);
	kept_commit(&place, record, RECORD_STACK, fact);
	return fact;
}

static kept_fact keep_use(uint64_t hash, kept_fact stack)
{
	struct kept_place place;
	kept_fact fact = kept_find(hash, &place);
	struct record_use *record;

	if (fact) {
		kept_count(fact);
		return fact;
	}
	record = kept_claim(&place, sizeof(*record), &fact);
	ck_assert_ptr_nonnull(record);
	record->kind = USE_THREAD;
	record->stack = stack;
	kept_commit_pending(&place, record, RECORD_USE, fact);
	return fact;
}

static size_t written(enum record_type type)
{
	model_update(&model);
	return model_list(&model, type)->count;
}

START_TEST(writes_nothing_until_it_is_referred_to)
{
	kept_fact fact = keep_bytes(77, 100);
	session_reference reference;

	ck_assert_uint_ne(fact, 0);
	ck_assert_uint_eq(keep_bytes(77, 100), fact);
	ck_assert_uint_ne(keep_bytes(78 << 16, 100), fact);
	kept_flush();
	ck_assert_uint_eq(written(RECORD_STACK), 0);
	reference = kept_reference(fact);
	ck_assert_uint_eq(kept_reference(fact), reference);
	ck_assert_uint_eq(written(RECORD_STACK), 1);
	ck_assert_uint_eq(model_stack(&model, reference)->length, 100);
	ck_assert_uint_eq(model_stack(&model, reference)->bytes[99], 77);
	ck_assert_uint_eq(kept_reference(0), 0);
}
END_TEST

START_TEST(writes_what_waits_for_a_fork)
{
	kept_fact stack = keep_bytes(5, 16);
	const struct record_use *use;

	for (int i = 0; i < 3; i++)
		keep_use(6, stack);
	ck_assert_uint_eq(written(RECORD_USE), 0);
	kept_flush();
	kept_flush();
	ck_assert_uint_eq(written(RECORD_USE), 1);
	use = model_use(&model, model_list(&model, RECORD_USE)->references[0]);
	ck_assert_uint_eq(use->record.count, 3);
	ck_assert_uint_eq(use->stack, kept_reference(stack));
	keep_use(6, stack);
	ck_assert_uint_eq(((struct record *)log_record(kept_reference(keep_use(6, stack))))->count,
			  5);
}
END_TEST

START_TEST(names_the_records_of_what_it_refers_to)
{
	struct kept_place place;
	kept_fact code, fact;
	struct record_python_code *text;
	struct record_python *python;
	const struct record_python *found;

	kept_find(1, &place);
	text = kept_claim(&place, sizeof(*text), &code);
	kept_commit(&place, text, RECORD_PYTHON_CODE, code);
	kept_find(2 << 16, &place);
	python = kept_claim(&place, sizeof(*python) + sizeof(*python->frames), &fact);
	python->count = 1;
	python->frames[0] = (struct python_frame){.code = code, .line = 9};
	kept_commit(&place, python, RECORD_PYTHON, fact);
	kept_reference(fact);
	ck_assert_uint_eq(written(RECORD_PYTHON_CODE), 1);
	found = log_record(kept_reference(fact));
	ck_assert_uint_eq(found->frames[0].code, kept_reference(code));
	ck_assert_int_eq(found->frames[0].line, 9);
}
END_TEST

/* Beyond it, it is the log's to find and to count. */
START_TEST(goes_to_the_log_once_there_is_no_room)
{
	kept_fact fact, first = keep_bytes(1000, 64);

	for (uint64_t i = 2; i < 100; i++)
		keep_bytes(i << 20, SESSION_STACK_MAX);
	fact = keep_bytes(UINT64_C(0x123456789abc), 64);
	ck_assert_uint_ne(fact & KEPT_LOGGED, 0);
	ck_assert_uint_eq(keep_bytes(UINT64_C(0x123456789abc), 64), fact);
	ck_assert_uint_eq(kept_reference(fact), fact & ~KEPT_LOGGED);
	ck_assert_uint_eq(kept_identity(fact), fact);
	ck_assert_uint_eq(keep_bytes(1000, 64), first);
	ck_assert_uint_ge(written(RECORD_STACK), 2);
	keep_use(7, first);
	ck_assert_uint_eq(written(RECORD_USE), 1);
}
END_TEST

/* Both have the fact, and it is one record. */
START_TEST(is_inherited_by_a_child)
{
	kept_fact fact = keep_bytes(3, 64);
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(kept_reference(fact) ? 7 : 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	ck_assert_uint_eq(written(RECORD_STACK), 1);
	ck_assert_uint_eq(kept_reference(fact), model_list(&model, RECORD_STACK)->references[0]);
	ck_assert_uint_eq(written(RECORD_STACK), 1);
}
END_TEST

Suite *kept_suite(void)
{
	Suite *suite = suite_create("kept");
	TCase *test = tcase_create("kept");

	tcase_add_checked_fixture(test, setup, teardown);
	tcase_add_test(test, writes_nothing_until_it_is_referred_to);
	tcase_add_test(test, writes_what_waits_for_a_fork);
	tcase_add_test(test, names_the_records_of_what_it_refers_to);
	tcase_add_test(test, goes_to_the_log_once_there_is_no_room);
	tcase_add_test(test, is_inherited_by_a_child);
	suite_add_tcase(suite, test);
	return suite;
}
