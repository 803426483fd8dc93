/*
 * Processes that wait, run, end, or only bear the number of another: what the
 * watch says of each. They are real ones; what the shim would have said of
 * them is written into a log here.
 */
#include "cli/watch/watch.h"
#include "session_builder.h"
#include "support.h"
#include <check.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

START_TEST(rests_a_hundred_times_as_long_as_it_works)
{
	ck_assert_uint_eq(watch_pause(0), 400000000);
	ck_assert_uint_eq(watch_pause(4000000), 400000000);
	ck_assert_uint_eq(watch_pause(5000000), 500000000);
	ck_assert_uint_eq(watch_pause(10000000), 1000000000);
	ck_assert_uint_eq(watch_pause(20000000), 1000000000);
}
END_TEST

Suite *watch_suite(void);

#define CHILDREN      9
#define HANG_AFTER_NS 500000000u

static struct session_builder session;
static struct reader reader;
static struct writer writer;
static struct model model;
static struct watch watch;

/* What was found, by serial. */
static struct {
	int times;
	enum hang_kind kind;
	bool is_proven;
	char reason[100];
	session_reference wait;
} found[CHILDREN + 2];
static int refusals;

/* The process that the children came from, and its thread, which gave last to what they wait on. */
#define PARENT 99
#define SERVER 5
static session_reference lossy_fork;
static struct session_object objects[OBJECTS];

static void add_fork(void)
{
	session_reference server =
		session_add(&session, THREAD, thread, PARENT, .born_in = PARENT, .serial = SERVER);

	lossy_fork = session_add(&session, FORK, fork, PARENT, .parent = PARENT);
	session_builder_lost(&session, 1, lossy_fork, &server, 1);
	objects[7] = (struct session_object){
		.key = (uint64_t)LOCK_FUTEX << OBJECT_THREAD | (uintptr_t)&support_word,
		.gave = (uint64_t)SERVER << OBJECT_THREAD | 0x1000,
	};
}

static void setup(void)
{
	session_builder_open(&session, 16, 4096);
	add_fork();
	ck_assert_ptr_null(reader_open(&reader, session.header, session.size));
	writer_init(&writer, session.header, &reader);
	model_init(&model, &reader, NULL);
	watch_init(&watch, &writer, HANG_AFTER_NS);
}

static void teardown(void)
{
	watch_release(&watch);
	model_release(&model);
	reader_close(&reader);
	session_builder_close(&session);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The shim's notes in the memory of each child, at the same place. Of process 1, if nobody says
 * otherwise before the fork. */
static struct private_facts facts = {.process = 1, .handed_count = 0};

/* What the test program itself was left with must not wake the children. */
static void forget_signals(void)
{
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
}

static void take_notes(void)
{
	forget_signals();
	facts.objects = (uintptr_t)objects;
	facts.pid = getpid();
	facts.magic = PRIVATE_FACTS_MAGIC;
}

static void wait_quietly(void *threads)
{
	take_notes();
	support_wait(threads);
}

static void wait_unnoted(void *threads)
{
	forget_signals();
	support_wait(threads);
}

static void ignore_signal(int number)
{
	(void)number;
}

static void wait_with_handler(void *threads)
{
	take_notes();
	signal(SIGUSR1, ignore_signal);
	atomic_store(&facts.handlers[SIGUSR1], 1);
	support_wait(threads);
}

static void wait_for_timer(void *threads)
{
	take_notes();
	atomic_store(&facts.timers[0], UINT64_MAX);
	support_wait(threads);
}

static void wait_with_posix_timer(void *threads)
{
	timer_t timer;

	take_notes();
	if (timer_create(CLOCK_MONOTONIC, NULL, &timer))
		abort();
	support_wait(threads);
}

static void wait_in_turns(void *threads)
{
	take_notes();
	support_wait_timed(threads);
}

static void wait_on_shared_memory(void *nothing)
{
	uint32_t *word =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)nothing;
	take_notes();
	/* A child has the memory too and could change it. */
	support_child(support_wait, NULL);
	for (;;)
		syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void add_birth(uint32_t serial, pid_t pid, uint64_t birth_ns, uint32_t lost)
{
	session_builder_birth(&session, (struct session_birth){.process = serial,
							       .parent = PARENT,
							       .fork = lossy_fork,
							       .image = serial,
							       .pid = pid,
							       .kind = BIRTH_CHILD,
							       .time_ns = birth_ns,
							       .lost = lost,
							       .private_facts = (uintptr_t)&facts});
}

static pid_t start(uint32_t serial, void (*body)(void *), int threads, uint32_t lost)
{
	uint64_t birth_ns = now_ns();
	pid_t child;

	facts.process = serial;
	child = support_child(body, &threads);
	add_birth(serial, child, birth_ns, lost);
	return child;
}

/* What a child says of itself; its parent's word may come late, or never. */
static void add_record(uint32_t serial, pid_t pid, uint64_t birth_ns, uint32_t lost)
{
	session_builder_process(&session,
				(struct record_process){.serial = serial,
							.parent = PARENT,
							.fork = lossy_fork,
							.image = serial,
							.pid = pid,
							.kind = BIRTH_CHILD,
							.birth_ns = birth_ns,
							.lost = lost,
							.private_facts = (uintptr_t)&facts},
				"/bin/p");
}

static session_reference announce(uint32_t serial, pid_t tid, uint32_t flags)
{
	return session_add(&session, WAIT, wait, serial, .tid = tid, .flags = flags);
}

static bool note(const struct hang *hang, void *data)
{
	ck_assert_ptr_eq(data, &found);
	ck_assert_uint_le(hang->serial, CHILDREN + 1);
	found[hang->serial].times++;
	found[hang->serial].kind = hang->kind;
	found[hang->serial].is_proven = hang->is_proven;
	found[hang->serial].wait = hang->wait;
	if (hang->reason)
		strncpy(found[hang->serial].reason, hang->reason, 99);
	return refusals-- <= 0;
}

/* The caller's loop, for so long. */
static void turn_for(uint64_t milliseconds)
{
	uint64_t end = now_ns() + milliseconds * 1000000;

	while (now_ns() < end) {
		model_update(&model);
		int pause = watch_turn(&watch, &model, note, &found);
		struct timespec time = {0, pause * 1000000L};

		nanosleep(&time, NULL);
	}
}

/* Until so many have been found. A machine that is busy takes its time: no length of it is a proof
 * that they would not be. */
static void turn_until_found(int count)
{
	for (int i = 0, times; i < 200; i++) {
		times = 0;
		for (int serial = 0; serial < CHILDREN + 2; serial++)
			times += found[serial].times;
		if (times >= count)
			return;
		turn_for(100);
	}
}

static bool is_at_rest(void *child)
{
	static struct process_look one, other;
	bool rests = procfs_look(*(pid_t *)child, &one) && one.count == 3;

	for (size_t i = 0; rests && i < one.count; i++)
		rests = procfs_is_untimed_futex_wait(&one.tasks[i]) && one.tasks[i].state == 'S';
	rests = rests && procfs_same(&one, &other);
	other = one;
	return rests;
}

static void turn_once(void)
{
	model_update(&model);
	watch_turn(&watch, &model, note, &found);
}

START_TEST(proves_an_announced_wait_at_the_second_look)
{
	pid_t child = start(1, wait_unnoted, 3, 1);
	session_reference wait = announce(1, child, 0);

	ck_assert(support_until(is_at_rest, &child));
	turn_once();
	ck_assert_int_eq(found[1].times, 0);
	turn_once();
	ck_assert_int_eq(found[1].times, 1);
	ck_assert_int_eq(found[1].kind, HANG_CHILD);
	ck_assert(found[1].is_proven);
	ck_assert_uint_eq(found[1].wait, wait);
	turn_for(200);
	ck_assert_int_eq(found[1].times, 1);
	support_end_child(child);
}
END_TEST

/* It waits at every look, and has run in between. */
START_TEST(takes_its_time_with_who_has_run)
{
	pid_t child = start(1, wait_unnoted, 3, 1);

	announce(1, child, 0);
	ck_assert(support_until(is_at_rest, &child));
	turn_once();
	for (int i = 0; i < 5; i++) {
		kill(child, SIGSTOP);
		kill(child, SIGCONT);
		ck_assert(support_until(is_at_rest, &child));
		turn_once();
		ck_assert_int_eq(found[1].times, 0);
	}
	turn_once();
	ck_assert_int_eq(found[1].times, 1);
	support_end_child(child);
}
END_TEST

START_TEST(says_it_again_where_it_was_not_taken)
{
	pid_t child = start(1, wait_unnoted, 1, 1);

	announce(1, child, 0);
	refusals = 2;
	turn_until_found(3);
	ck_assert_int_eq(found[1].times, 3);
	turn_for(200);
	ck_assert_int_eq(found[1].times, 3);
	support_end_child(child);
}
END_TEST

/* Not for who is healthy or goes on by himself, however long that lasts. */
START_TEST(knows_whom_it_has_to_judge_yet)
{
	static const struct {
		void (*body)(void *);
		uint32_t lost;
		bool is_awaited;
	} cases[] = {
		{wait_with_handler, 1, true},
		{wait_with_handler, 0, false},
		{wait_in_turns, 1, false},
		{wait_on_shared_memory, 1, false},
	};
	bool is_found = cases[_i].is_awaited || cases[_i].body == wait_in_turns;
	pid_t child;

	watch.hang_after_ns = 100 * HANG_AFTER_NS;
	ck_assert(!watch_awaits_judgement(&watch));
	child = start(1, cases[_i].body, 2, cases[_i].lost);
	turn_for(1500);
	ck_assert_int_eq(watch_awaits_judgement(&watch), cases[_i].is_awaited);
	watch.hang_after_ns = HANG_AFTER_NS;
	if (is_found)
		turn_until_found(1);
	else
		turn_for(1000);
	ck_assert(!watch_awaits_judgement(&watch));
	ck_assert_int_eq(found[1].times, is_found);
	support_end_child(child);
}
END_TEST

/* All at once: each looks at its own memory, signals and timers. */
START_TEST(tells_proof_from_suspicion_and_from_health)
{
	static const struct {
		void (*body)(void *);
		int threads;
		uint32_t lost;
		bool is_found, is_proven;
		enum hang_kind kind;
		const char *reason;
	} cases[CHILDREN] = {
		{wait_quietly, 3, 1, true, true, HANG_CHILD, ""},
		{wait_unnoted, 1, 1, true, false, HANG_CHILD, "are not known"},
		{wait_with_handler, 1, 1, true, false, HANG_CHILD, "SIGUSR1 is caught"},
		{wait_for_timer, 1, 1, true, false, HANG_CHILD, "timer is armed"},
		{wait_with_posix_timer, 1, 1, true, false, HANG_CHILD, "POSIX timer"},
		{wait_in_turns, 2, 1, true, false, HANG_TIMED, "with a time limit"},
		{wait_on_shared_memory, 1, 1, false, false, HANG_CHILD, ""},
		{wait_quietly, 1, 0, false, false, HANG_CHILD, ""}, /* lacks no thread */
		{wait_quietly, 1, 1, false, false, HANG_CHILD, ""}, /* has gone by exec */
	};
	pid_t children[CHILDREN];
	int awaited = 0;

	for (uint32_t i = 0; i < CHILDREN; i++)
		awaited += cases[i].is_found;
	for (uint32_t i = 0; i < CHILDREN; i++)
		children[i] = start(i + 1, cases[i].body, cases[i].threads, cases[i].lost);
	session_builder_birth_at(&session, CHILDREN - 1)->state = BIRTH_EXECED;
	turn_until_found(awaited);
	turn_for(1000);
	for (uint32_t i = 0; i < CHILDREN; i++) {
		ck_assert_msg(found[i + 1].times == cases[i].is_found, "case %u: %d times", i,
			      found[i + 1].times);
		if (!cases[i].is_found)
			continue;
		ck_assert_msg(found[i + 1].kind == cases[i].kind, "case %u: kind %u", i,
			      found[i + 1].kind);
		ck_assert_msg(found[i + 1].is_proven == cases[i].is_proven, "case %u", i);
		ck_assert_msg(strstr(found[i + 1].reason, cases[i].reason) != NULL, "case %u: %s",
			      i, found[i + 1].reason);
	}
	/* The exec'd one is not even looked at. */
	ck_assert_uint_eq(watch.set.count, CHILDREN - 1);
	for (uint32_t i = 0; i < CHILDREN; i++)
		support_end_child(children[i]);
	/* The next round may be a second away. */
	for (int i = 0; i < 20 && watch.set.count; i++)
		turn_for(100);
	ck_assert_uint_eq(watch.set.count, 0);
}
END_TEST

START_TEST(takes_nobody_by_his_number_alone)
{
	pid_t child = support_child(wait_quietly, NULL);
	uint64_t birth = now_ns();

	switch (_i) {
	case 0: /* the one with this number was born long before, and has ended */
		add_birth(1, child, birth - 10000000000, 1);
		break;
	case 1:
		add_birth(1, child, birth + 10000000000, 1);
		break;
	case 2: /* a hostile time */
		add_birth(1, child, UINT64_MAX, 1);
		break;
	case 3:
		add_birth(1, 0, birth, 1);
		break;
	case 4:
		add_birth(1, -1, birth, 1);
		break;
	case 5: /* not of this session: no descendant */
		add_birth(1, getppid(), birth, 1);
		break;
	case 6:
		add_birth(1, getpid(), birth, 1);
		break;
	}
	announce(1, child, 0);
	turn_for(60);
	ck_assert_int_eq(found[1].times, 0);
	ck_assert_uint_eq(watch.set.count, 0);
	support_end_child(child);
}
END_TEST

START_TEST(expects_nothing_of_tries_and_of_the_unknown)
{
	pid_t child = start(1, wait_quietly, 1, 0);

	announce(1, child, WAIT_TRY);
	announce(1, child, WAIT_TIMED);
	announce(7, child, 0);
	turn_for(600);
	ck_assert_int_eq(found[1].times, 0);
	support_end_child(child);
}
END_TEST

START_TEST(lets_go_of_who_has_ended)
{
	pid_t child = start(1, wait_quietly, 1, 1);

	support_end_child(child);
	announce(1, child, 0);
	turn_for(100);
	ck_assert_int_eq(found[1].times, 0);
	ck_assert_uint_eq(watch.set.count, 0);
}
END_TEST

static bool recorded, was_killed;

static bool record_and_kill(const struct hang *hang, void *data)
{
	(void)data;
	recorded = hang_record(&model, &writer, hang);
	was_killed = recorded && hang_signal(hang, SIGKILL);
	return recorded;
}

START_TEST(records_a_hang_and_ends_it)
{
	pid_t child = start(1, wait_quietly, 3, 1);
	const struct record_hang *hang;
	struct timespec pause = {0, 20000000};
	int status = 0;

	ck_assert(support_until(is_at_rest, &child));
	announce(1, child, 0);
	for (int i = 0; i < 250 && !recorded; i++) {
		model_update(&model);
		watch_turn(&watch, &model, record_and_kill, NULL);
		nanosleep(&pause, NULL);
	}
	model_update(&model);
	ck_assert_uint_eq(model_list(&model, RECORD_HANG)->count, 1);
	hang = model_hang(&model, model_list(&model, RECORD_HANG)->references[0]);
	ck_assert_uint_eq(hang->serial, 1);
	ck_assert_int_eq(hang->pid, child);
	ck_assert_int_eq(hang->tid, child);
	ck_assert_uint_eq(hang->is_proven, 1);
	ck_assert_uint_eq(hang->tasks, 3);
	ck_assert_uint_ne(hang->address, 0);
	/* Without leave to trace there is neither stack nor kill. */
	if (hang->stack) {
		ck_assert_ptr_nonnull(model_stack(&model, hang->stack));
		ck_assert(was_killed);
	}
	if (!was_killed)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) == child && WIFSTOPPED(status))
		;
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}
END_TEST

START_TEST(signals_all_that_it_watches)
{
	pid_t children[3];
	int status;

	for (uint32_t i = 0; i < 3; i++)
		children[i] = start(i + 1, wait_quietly, 1, 1);
	turn_for(100);
	watch_signal_all(&watch, SIGTERM);
	for (uint32_t i = 0; i < 3; i++) {
		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert(WIFSIGNALED(status));
		ck_assert_int_eq(WTERMSIG(status), SIGTERM);
	}
}
END_TEST

START_TEST(takes_nobody_for_the_one_who_had_his_number)
{
	int threads = 3;
	uint64_t birth_ns = now_ns();
	pid_t child;

	facts.process = _i ? 1 : 2;
	child = support_child(wait_quietly, &threads);
	ck_assert(support_until(is_at_rest, &child));
	add_birth(1, child, birth_ns, 1);
	announce(1, child, 0);
	if (_i)
		turn_until_found(1);
	else
		turn_for(1000);
	ck_assert_int_eq(found[1].times, _i);
	ck_assert_int_eq((int)watch.set.count, _i);
	support_end_child(child);
}
END_TEST

START_TEST(believes_a_child_whose_parent_says_nothing)
{
	int threads = 1;
	uint64_t birth_ns = now_ns();
	pid_t child = support_child(wait_quietly, &threads);

	add_record(1, child, birth_ns, 1);
	turn_until_found(1);
	ck_assert_int_eq(found[1].times, 1);
	ck_assert(found[1].is_proven);
	support_end_child(child);
}
END_TEST

/* The parent was held up between the clone and its next step. */
START_TEST(takes_a_birth_that_comes_late)
{
	int threads = 1;
	uint64_t birth_ns = now_ns();
	pid_t other, child = support_child(wait_quietly, &threads);

	if (_i == 0)
		add_record(1, child, birth_ns, 0);
	other = start(2, wait_quietly, 1, 1);
	turn_for(600);
	add_birth(1, child, birth_ns, 1);
	turn_until_found(2);
	ck_assert_int_eq(found[1].times, 1);
	support_end_child(child);
	support_end_child(other);
}
END_TEST

Suite *watch_suite(void)
{
	Suite *suite = suite_create("watch");
	TCase *core = tcase_create("core");

	tcase_set_timeout(core, 30);
	tcase_add_checked_fixture(core, setup, teardown);
	tcase_add_test(core, proves_an_announced_wait_at_the_second_look);
	tcase_add_test(core, takes_its_time_with_who_has_run);
	tcase_add_test(core, says_it_again_where_it_was_not_taken);
	tcase_add_loop_test(core, knows_whom_it_has_to_judge_yet, 0, 4);
	tcase_add_test(core, tells_proof_from_suspicion_and_from_health);
	tcase_add_loop_test(core, takes_nobody_by_his_number_alone, 0, 7);
	tcase_add_loop_test(core, takes_nobody_for_the_one_who_had_his_number, 0, 2);
	tcase_add_test(core, expects_nothing_of_tries_and_of_the_unknown);
	tcase_add_test(core, lets_go_of_who_has_ended);
	tcase_add_test(core, records_a_hang_and_ends_it);
	tcase_add_test(core, signals_all_that_it_watches);
	tcase_add_test(core, believes_a_child_whose_parent_says_nothing);
	tcase_add_loop_test(core, takes_a_birth_that_comes_late, 0, 2);
	tcase_add_test(core, rests_a_hundred_times_as_long_as_it_works);
	suite_add_tcase(suite, core);
	return suite;
}
