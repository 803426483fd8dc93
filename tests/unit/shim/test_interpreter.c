/*
 * Objects that come and go in a list that stands in for the loader's. What the shim
 * takes for an interpreter is an object that exports the name _PyRuntime.
 */
#include "base/process.h"
#include "record/loaded_interpreter.h"
#include "record/private_facts.h"
#include "state/modules.h"
#include <check.h>
#include <string.h>

Suite *interpreter_suite(void);

/* Where the CLI finds it. */
static uint64_t noted(void)
{
	const struct private_facts *facts = (const void *)(uintptr_t)facts_address();

	return facts->python.runtime;
}

/* --- objects ------------------------------------------------------------------ */

/* One exported symbol, and a table of names with one chain. */
struct object {
	struct link_map map;
	ElfW(Dyn) dynamic[4];
	ElfW(Sym) symbols[2];
	struct {
		uint32_t bucket_count, first, bloom_count, bloom_shift;
		uint64_t bloom;
		uint32_t bucket, chain;
	} names;
	char text[16];
};

static struct object first, objects[3];
static struct r_debug state = {.r_state = RT_CONSISTENT};

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

static void make(struct object *object, const char *name)
{
	*object = (struct object){
		.map = {.l_ld = object->dynamic},
		.dynamic = {{DT_SYMTAB, {(uintptr_t)object->symbols}},
			    {DT_STRTAB, {(uintptr_t)object->text}},
			    {DT_GNU_HASH, {(uintptr_t)&object->names}}},
		.symbols[1] = {.st_shndx = 1, .st_value = (uintptr_t)object},
		.names = {1, 1, 1, 0, UINT64_MAX, 1, hash_of(name) | 1},
	};
	strcpy(object->text, name);
}

static void append(struct object *object)
{
	struct link_map *last = &first.map;

	while (last->l_next)
		last = last->l_next;
	last->l_next = &object->map;
	object->map.l_prev = last;
	object->map.l_next = NULL;
}

static void take_out(struct object *object)
{
	object->map.l_prev->l_next = object->map.l_next;
	if (object->map.l_next)
		object->map.l_next->l_prev = object->map.l_prev;
}

static uint64_t found(void)
{
	interpreter_renew();
	return interpreter_loaded() ? interpreter_loaded()->symbols.runtime : 0;
}

static void set_up(void)
{
	process.can_read = true;
	make(&first, "main");
	make(&objects[0], "malloc");
	make(&objects[1], "_PyRuntime");
	make(&objects[2], "_PyRuntime");
	state.r_map = &first.map;
	interpreter_start_at(&state);
}

/* --- what is found -------------------------------------------------------------- */

START_TEST(finds_what_came_unannounced)
{
	ck_assert_uint_eq(found(), 0);
	append(&objects[0]);
	ck_assert_uint_eq(found(), 0);
	append(&objects[1]);
	ck_assert_uint_eq(found(), (uintptr_t)&objects[1]);
	ck_assert_uint_eq(noted(), (uintptr_t)&objects[1]);
}
END_TEST

START_TEST(sees_it_go_and_another_come)
{
	struct interpreter *one;

	append(&objects[1]);
	ck_assert_uint_eq(found(), (uintptr_t)&objects[1]);
	one = interpreter_loaded();
	atomic_store(&one->layout_is_proven, true);
	/* Announced: who closes a library calls dlclose(). */
	take_out(&objects[1]);
	modules_note_change();
	ck_assert_uint_eq(found(), 0);
	ck_assert_uint_eq(noted(), 0);
	append(&objects[2]);
	ck_assert_uint_eq(found(), (uintptr_t)&objects[2]);
	ck_assert(!atomic_load(&interpreter_loaded()->layout_is_proven));
	/* Who still has the first one does not see it change. */
	ck_assert_uint_eq(one->symbols.runtime, (uintptr_t)&objects[1]);
}
END_TEST

START_TEST(keeps_the_one_that_is_there)
{
	append(&objects[1]);
	ck_assert_uint_eq(found(), (uintptr_t)&objects[1]);
	append(&objects[2]);
	append(&objects[0]);
	modules_note_change();
	ck_assert_uint_eq(found(), (uintptr_t)&objects[1]);
	take_out(&objects[1]);
	modules_note_change();
	ck_assert_uint_eq(found(), (uintptr_t)&objects[2]);
}
END_TEST

START_TEST(has_room_for_any_number)
{
	enum { MANY = 30 };

	for (int i = 0; i < MANY; i++) {
		objects[1].symbols[1].st_value = 0x1000u * (unsigned)(i + 1);
		append(&objects[1]);
		modules_note_change();
		ck_assert_uint_eq(found(), 0x1000u * (unsigned)(i + 1));
		take_out(&objects[1]);
		modules_note_change();
		ck_assert_uint_eq(found(), 0);
	}
}
END_TEST

START_TEST(survives_a_torn_list)
{
	append(&objects[0]);
	objects[0].map.l_next = (struct link_map *)8;
	ck_assert_uint_eq(found(), 0);
	/* It was not the last look. */
	objects[0].map.l_next = NULL;
	append(&objects[1]);
	ck_assert_uint_eq(found(), (uintptr_t)&objects[1]);
	objects[0].map.l_next = &objects[0].map;
	modules_note_change();
	ck_assert_uint_eq(found(), (uintptr_t)&objects[1]);
}
END_TEST

/* Else what goes behind every wrapper's back would not be looked for any more. */
START_TEST(does_not_count_a_look_while_the_loader_works)
{
	append(&objects[1]);
	ck_assert_uint_eq(found(), (uintptr_t)&objects[1]);
	modules_note_change();
	state.r_state = RT_DELETE;
	ck_assert_uint_eq(found(), (uintptr_t)&objects[1]);
	take_out(&objects[1]);
	state.r_state = RT_CONSISTENT;
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(leaves_it_to_whoever_looks)
{
	append(&objects[1]);
	atomic_store(&process.interpreter_taken, true);
	ck_assert_uint_eq(found(), 0);
	interpreter_in_child();
	ck_assert_uint_eq(found(), (uintptr_t)&objects[1]);
}
END_TEST

START_TEST(asks_nothing_behind_a_filter)
{
	append(&objects[1]);
	process.is_filtered = true;
	ck_assert_uint_eq(found(), 0);
}
END_TEST

Suite *interpreter_suite(void)
{
	Suite *suite = suite_create("interpreter");
	TCase *list = tcase_create("list");

	tcase_add_checked_fixture(list, set_up, NULL);
	tcase_add_test(list, finds_what_came_unannounced);
	tcase_add_test(list, sees_it_go_and_another_come);
	tcase_add_test(list, keeps_the_one_that_is_there);
	tcase_add_test(list, has_room_for_any_number);
	tcase_add_test(list, survives_a_torn_list);
	tcase_add_test(list, does_not_count_a_look_while_the_loader_works);
	tcase_add_test(list, leaves_it_to_whoever_looks);
	tcase_add_test(list, asks_nothing_behind_a_filter);
	suite_add_tcase(suite, list);
	return suite;
}
