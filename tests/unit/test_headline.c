/*
 * Headlines and folded stacks: which line of a stack a reader is shown first, and what of the
 * rest he is not shown.
 */
#include "cli/findings/headline.h"
#include "cli/findings/headline_place.h"
#include "cli/origins/origin.h"
#include "cli/report/formats.h"
#include "suites.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PYTHON       "/usr/bin/python3.11"

static const struct origin own = {.kind = ORIGIN_OWN}, runtime = {.kind = ORIGIN_RUNTIME},
			   package = {.kind = ORIGIN_PACKAGE,
				      .package = "posthog",
				      .version = "3.1.0",
				      .path = "posthog/client.py"},
			   library = {.kind = ORIGIN_PACKAGE};

/* A worker of C: main() forks, and the child serves. */
static struct frame waits[] = {
	{.function = "futex_wait", .module = "/lib/libc.so.6", .origin = &runtime},
	{.function = "pthread_cond_wait", .module = "/lib/libc.so.6", .origin = &runtime},
	{.function = "serve", .file = "work.c", .line = 7, .module = "/srv/s", .origin = &own},
	{.function = "spawn", .file = "pool.c", .line = 19, .module = "/srv/s", .origin = &own},
	{.function = "run", .file = "main.c", .line = 40, .module = "/srv/s", .origin = &own},
	{.function = "main", .file = "main.c", .line = 60, .module = "/srv/s", .origin = &own},
};
static struct frame forks[] = {
	{.function = "spawn", .file = "pool.c", .line = 14, .module = "/srv/s", .origin = &own},
	{.function = "run", .file = "main.c", .line = 40, .module = "/srv/s", .origin = &own},
	{.function = "main", .file = "main.c", .line = 60, .module = "/srv/s", .origin = &own},
};

static struct arena arena;

static void set_up(void)
{
	arena_init(&arena);
}

static void tear_down(void)
{
	arena_release(&arena);
}

static struct frames stack_of(struct frame *list, size_t count)
{
	return (struct frames){.list = list, .count = count, .complete = true};
}

#define STACK(array) stack_of(array, COUNT(array))

static const char *place_of(struct frames stack, struct frames fork)
{
	struct headline_place place = headline_place_since(&arena, &stack, &fork);

	return place.frame ? place.frame->function : NULL;
}

static const char *inside_of(struct frames stack)
{
	struct headline_place place = headline_place(&arena, &stack);

	return place.inside ? place.inside->function : NULL;
}

static const struct frames none;

START_TEST(the_innermost_line_of_ones_own_is_shown)
{
	ck_assert_str_eq(place_of(STACK(waits), STACK(forks)), "serve");
	ck_assert_str_eq(place_of(STACK(forks), none), "spawn");
	ck_assert_ptr_null(place_of(none, none));
}
END_TEST

START_TEST(what_stands_below_the_fork_is_not_where_a_child_waits)
{
	struct frame child[] = {waits[0], waits[1], waits[4], waits[5]};

	/* main() and run() are the callers of fork: the child waits in libc. */
	ck_assert_str_eq(place_of(STACK(child), STACK(forks)), "pthread_cond_wait");
	/* By another way, they are its own. */
	child[2].line = 41;
	ck_assert_str_eq(place_of(STACK(child), STACK(forks)), "run");
	/* A stack that was cut may end anywhere. */
	child[2].line = 40;
	ck_assert_str_eq(
		place_of((struct frames){.list = child, .count = COUNT(child)}, STACK(forks)),
		"run");
}
END_TEST

START_TEST(the_function_that_forked_is_the_childs_too)
{
	struct frame child[] = {waits[0], waits[1], forks[0], forks[1], forks[2]};

	ck_assert_str_eq(place_of(STACK(child), STACK(forks)), "spawn");
}
END_TEST

START_TEST(a_package_stands_in_for_ones_own)
{
	struct frame stack[] = {
		{.function = "wait", .file = "/l/threading.py", .origin = &runtime},
		{.function = "Client.flush", .file = "client.py", .line = 5, .origin = &package},
		{.function = "work", .file = "/app/app.py", .line = 3, .origin = &own},
	};

	ck_assert_str_eq(place_of(STACK(stack), none), "work");
	ck_assert_str_eq(inside_of(STACK(stack)), "Client.flush");
	ck_assert_str_eq(place_of(stack_of(stack, 2), none), "Client.flush");
	ck_assert_ptr_null(inside_of(stack_of(stack, 2)));
	ck_assert_str_eq(place_of(stack_of(stack, 1), none), "wait");
}
END_TEST

START_TEST(without_a_package_the_languages_call_is_shown)
{
	struct frame stack[] = {
		{.function = "sem_wait", .module = "/lib/libc.so.6", .origin = &runtime},
		{.function = "Queue.get", .file = "/l/queue.py", .origin = &runtime},
		{.function = "work", .file = "/app/app.py", .line = 3, .origin = &own},
	};

	ck_assert_str_eq(inside_of(STACK(stack)), "Queue.get");
	/* What is waited in is told apart. */
	stack[1] = stack[0];
	ck_assert_ptr_null(inside_of(STACK(stack)));
}
END_TEST

START_TEST(a_package_is_shown_by_a_line_that_can_be_looked_up)
{
	struct frame stack[] = {
		{.function = "wait_and_reset", .module = "/p/_runtime.so", .origin = &library},
		{.function = "collect", .file = "frame.py", .line = 9, .origin = &package},
		{.function = "work", .file = "/app/app.py", .line = 3, .origin = &own},
	};

	ck_assert_str_eq(inside_of(STACK(stack)), "collect");
	stack[1].line = 0;
	ck_assert_str_eq(inside_of(STACK(stack)), "wait_and_reset");
}
END_TEST

START_TEST(a_name_is_better_than_none)
{
	struct frame stack[] = {
		{.module = "/srv/s", .offset = 0x10, .origin = &own},
		{.function = "handle", .module = "/srv/s", .origin = &own},
	};
	struct headline_place place;
	struct frames nameless = stack_of(stack, 1);

	ck_assert_str_eq(place_of(STACK(stack), none), "handle");
	place = headline_place(&arena, &nameless);
	ck_assert_ptr_eq(place.frame, &stack[0]);
}
END_TEST

/* The C library waits, called from Python, that native code of the user's called. */
START_TEST(native_and_python_frames_are_one_stack)
{
	struct frame native[] = {
		{.function = "sem_wait", .module = "/lib/libc.so.6", .sp = 1, .origin = &runtime},
		{.function = "eval", .module = PYTHON, .sp = 0x100, .origin = &runtime},
		{.function = "embed",
		 .file = "embed.c",
		 .module = "/srv/s",
		 .sp = 0x200,
		 .origin = &own},
	};
	struct frame lines[] = {
		{.function = "get", .file = "/l/queue.py", .sp = 0x110, .origin = &runtime},
		{.function = "task", .file = "/app/t.py", .line = 2, .sp = 0x120, .origin = &own},
	};
	struct python_frames python = {.list = lines, .count = COUNT(lines), .module = PYTHON};
	struct frames stack = STACK(native);

	stack.python = &python;
	ck_assert_str_eq(place_of(stack, none), "task");
	python.count = 1;
	ck_assert_str_eq(place_of(stack, none), "embed");
	stack.count = 2;
	ck_assert_str_eq(place_of(stack, none), "get");
}
END_TEST

static struct finding child_waits(struct frames stack)
{
	return (struct finding){
		.code = "FC002",
		.name = "lost-wakeup",
		.severity = SEVERITY_ERROR,
		.message = "child 7 waits.",
		.fingerprint = "f",
		.count = 1,
		.fork = {.present = true,
			 .pid = 6,
			 .child_pid = 7,
			 .tid = 6,
			 .function = "fork",
			 .serial = 2,
			 .thread_name = "s",
			 .stack = STACK(forks)},
		.child = {.present = true, .pid = 7, .tid = 7, .after_ms = -1, .stack = stack},
	};
}

static char *text_of(struct finding *finding, bool full_stacks)
{
	struct report report = {
		.observed = true, .complete = true, .findings = finding, .finding_count = 1};
	const struct render_options look = {.width = 80, .full_stacks = full_stacks};
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	headline_fill(&arena, finding);
	ck_assert_int_eq(render_text(stream, &report, &look), 0);
	fclose(stream);
	return text;
}

static void check_look(struct finding *finding, bool full_stacks, const char *shown,
		       const char *not_shown)
{
	char *text = text_of(finding, full_stacks);

	ck_assert_msg(strstr(text, shown) != NULL, "no \"%s\" in:\n%s", shown, text);
	if (not_shown)
		ck_assert_msg(strstr(text, not_shown) == NULL, "\"%s\" in:\n%s", not_shown, text);
	free(text);
}

static void check_text(struct finding *finding, const char *shown, const char *not_shown)
{
	check_look(finding, false, shown, not_shown);
}

START_TEST(the_lines_to_change_come_first)
{
	struct finding finding = child_waits(STACK(waits));
	struct missing_group groups[] = {{.library = "libpool.so", .count = 2},
					 {.library = "libother.so", .count = 3}};

	finding.child.waiting_in = "pthread_cond_wait";
	finding.missing = groups;
	finding.missing_count = COUNT(groups);
	finding.advice = "fork first. Nothing else (of that kind. or another) helps; so it is.";
	check_text(&finding,
		   "  child 7 waits.\n"
		   "  waits at   work.c:7 serve   in pthread_cond_wait\n"
		   "  forked at  pool.c:14 spawn  fork #2 by T1 \"s\"\n"
		   "  missing    2 threads of libpool.so, and 3 more threads\n"
		   "  cure       fork first.\n"
		   "\n",
		   "cure:");
	check_text(&finding, "  also: Nothing else (of that kind. or another) helps; so it is.\n",
		   NULL);
}
END_TEST

START_TEST(only_the_first_group_of_missing_threads_has_a_stack)
{
	struct finding finding = child_waits(STACK(waits));
	struct missing_group groups[] = {
		{.library = "libpool.so", .count = 2, .created_at = STACK(forks)},
		{.library = "libother.so", .count = 3, .created_at = STACK(waits)},
	};

	finding.missing = groups;
	finding.missing_count = COUNT(groups);
	finding.fork.stack = none;
	check_text(&finding,
		   "  missing: 2 threads of libpool.so, created at\n"
		   "    #0 spawn               pool.c:14\n"
		   "    #1 run                 main.c:40\n"
		   "    #2 main                main.c:60\n"
		   "  missing: 3 threads of libother.so, created at work.c:7 serve\n",
		   NULL);
	check_look(&finding, true, "libother.so, created at\n    #0 futex_wait ", NULL);
}
END_TEST

START_TEST(a_package_is_named_with_its_version)
{
	struct frame stack[] = {
		{.function = "Client.flush", .file = "client.py", .line = 485, .origin = &package},
		{.function = "work", .file = "/app/app.py", .line = 3, .origin = &own},
	};
	struct python_frames python = {.list = stack, .count = COUNT(stack), .module = PYTHON};
	struct finding finding = child_waits(none);

	finding.child.stack.python = &python;
	check_text(&finding,
		   "  waits at   app.py:3 work    in posthog/client.py:485 (posthog 3.1.0)\n",
		   NULL);
	python.count = 1;
	check_text(&finding, "  waits at   posthog/client.py:485 Client.flush (posthog 3.1.0)\n",
		   NULL);
}
END_TEST

START_TEST(a_languages_call_is_named_where_there_is_room)
{
	struct frame stack[] = {
		{.function = "Queue.get", .file = "/l/queue.py", .origin = &runtime},
		{.function = "work", .file = "/app/app.py", .line = 3, .origin = &own},
	};
	struct finding finding = child_waits(STACK(stack));

	finding.fork.stack = finding.child.stack;
	finding.child.stack = none;
	check_text(&finding, "  forked at  app.py:3 work  in Queue.get, fork #2 by T1 \"s\"\n",
		   NULL);
	finding.fork.thread_name = "a thread with a name that fills what is left of it";
	check_text(&finding, "  forked at  app.py:3 work  fork #2 by T1 \"a thread", "Queue.get,");
}
END_TEST

START_TEST(an_address_is_left_out_beside_a_package)
{
	struct frame stack[] = {
		{.function = "Client.flush", .file = "client.py", .line = 485, .origin = &package},
		{.function = "work", .file = "/app/app.py", .line = 3, .origin = &own},
	};
	struct finding finding = child_waits(STACK(stack));

	finding.lock = (struct lock_part){.present = true, .kind = "futex", .address = 0x1000};
	check_text(&finding, "(posthog 3.1.0),\n             for a futex\n", NULL);
	check_text(&finding, "  M1 = futex at 0x1000\n", NULL);
}
END_TEST

START_TEST(the_folders_of_a_package_are_kept)
{
	static const struct origin deep = {
		.kind = ORIGIN_PACKAGE,
		.package = "launch",
		.path = "ldclient/impl/events/event_processor.py",
	};
	struct frame stack[] = {
		{.function = "stop", .file = "event_processor.py", .line = 236, .origin = &deep},
		{.function = "flush", .file = "/app/app.py", .line = 3, .origin = &own},
	};
	struct finding finding = child_waits(STACK(stack));

	check_text(&finding, "app.py:3 flush   in ldclient/impl/events/event_processor.py:236\n",
		   NULL);
}
END_TEST

START_TEST(a_ring_names_its_other_members)
{
	struct finding finding = child_waits(STACK(waits));
	struct cycle_edge ring[] = {
		{.pid = 7, .tid = 7, .waits_for = 6, .via = "a full pipe", .stack = STACK(waits)},
		{.pid = 6,
		 .tid = 6,
		 .waits_for = 7,
		 .via = "the end of a child",
		 .stack = STACK(forks)},
	};

	finding.cycle = ring;
	finding.cycle_count = COUNT(ring);
	check_text(&finding,
		   "  waits at   work.c:7 serve   for 6, a full pipe\n"
		   "  forked at  pool.c:14 spawn  fork #2 by T1 \"s\"\n"
		   "  and        process 6 waits at pool.c:14 spawn, for 7, the end of a child\n",
		   NULL);
}
END_TEST

START_TEST(runs_of_runtimes_are_folded)
{
	struct frame stack[] = {
		{.function = "futex_wait", .module = "/lib/libc.so.6", .origin = &runtime},
		{.function = "cond_wait", .module = "/lib/libc.so.6", .origin = &runtime},
		{.function = "pthread_cond_wait", .module = "/lib/libc.so.6", .origin = &runtime},
		{.function = "std::sys::park", .module = "/srv/s", .origin = &runtime},
		{.function = "core::wait", .module = "/srv/s", .origin = &runtime},
		{.function = "std::sync::Mutex::lock", .module = "/srv/s", .origin = &runtime},
		{.function = "handle",
		 .file = "h.rs",
		 .line = 4,
		 .module = "/srv/s",
		 .origin = &own},
		{.function = "std::rt::start", .module = "/srv/s", .origin = &runtime},
		{.function = "std::rt::lang_start", .module = "/srv/s", .origin = &runtime},
		{.function = "main", .module = "/srv/s", .origin = &own},
	};
	struct finding finding = child_waits(STACK(stack));

	check_text(&finding,
		   "    ... 2 frames of libc ...\n"
		   "    #2 pthread_cond_wait   libc.so.6\n"
		   "    ... 2 frames of std and core ...\n"
		   "    #5 std::sync::Mutex::lock  s\n"
		   "    #6 handle              h.rs:4\n"
		   "    ... 2 frames of std ...\n"
		   "    #9 main                s\n",
		   "park");
	check_look(&finding, true, "    #3 std::sys::park      s\n", "...");
}
END_TEST

START_TEST(a_stack_of_runtimes_only_stays)
{
	struct frame stack[] = {
		{.function = "pthread_join", .module = "/lib/libc.so.6", .origin = &runtime},
		{.function = "std::thread::join", .module = "/srv/s", .origin = &runtime},
		{.function = "std::thread::run", .module = "/srv/s", .origin = &runtime},
		{.function = "std::thread::start", .module = "/srv/s", .origin = &runtime},
	};
	struct finding finding = child_waits(STACK(stack));

	check_text(&finding, "    #1 std::thread::join   s\n    #2 std::thread::run", "...");
}
END_TEST

START_TEST(what_the_fork_has_too_is_shown_once)
{
	struct finding finding = child_waits(STACK(waits));

	check_text(&finding,
		   "    #3 spawn               pool.c:19\n"
		   "    (the rest is as at the fork)\n",
		   "#4");
	check_look(&finding, true, "    #0 futex_wait          libc.so.6\n", "(the rest");
	check_look(&finding, true, "    #5 main                main.c:60\n", "...");
}
END_TEST

START_TEST(a_package_without_lines_is_folded_in_its_middle)
{
	struct frame stack[12];
	struct finding finding;

	for (size_t i = 0; i < COUNT(stack); i++)
		stack[i] = (struct frame){
			.function = "inner", .module = "/p/librt.so", .origin = &library};
	stack[11] = waits[2];
	finding = child_waits(STACK(stack));
	check_text(&finding,
		   "    #2  inner               librt.so\n"
		   "    ... 5 frames of librt.so ...\n"
		   "    #8  inner               librt.so\n",
		   "#5");
	for (size_t i = 0; i < 11; i++)
		stack[i].line = 5;
	check_text(&finding, "    #5  inner ", "...");
}
END_TEST

Suite *headline_suite(void)
{
	Suite *suite = suite_create("headline");
	TCase *tests = tcase_create("headline");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, the_innermost_line_of_ones_own_is_shown);
	tcase_add_test(tests, what_stands_below_the_fork_is_not_where_a_child_waits);
	tcase_add_test(tests, the_function_that_forked_is_the_childs_too);
	tcase_add_test(tests, a_package_stands_in_for_ones_own);
	tcase_add_test(tests, without_a_package_the_languages_call_is_shown);
	tcase_add_test(tests, a_package_is_shown_by_a_line_that_can_be_looked_up);
	tcase_add_test(tests, a_name_is_better_than_none);
	tcase_add_test(tests, native_and_python_frames_are_one_stack);
	tcase_add_test(tests, the_lines_to_change_come_first);
	tcase_add_test(tests, only_the_first_group_of_missing_threads_has_a_stack);
	tcase_add_test(tests, a_package_is_named_with_its_version);
	tcase_add_test(tests, a_languages_call_is_named_where_there_is_room);
	tcase_add_test(tests, an_address_is_left_out_beside_a_package);
	tcase_add_test(tests, the_folders_of_a_package_are_kept);
	tcase_add_test(tests, a_ring_names_its_other_members);
	tcase_add_test(tests, runs_of_runtimes_are_folded);
	tcase_add_test(tests, a_stack_of_runtimes_only_stays);
	tcase_add_test(tests, what_the_fork_has_too_is_shown_once);
	tcase_add_test(tests, a_package_without_lines_is_folded_in_its_middle);
	suite_add_tcase(suite, tests);
	return suite;
}
