/*
 * What a task waits for by descriptors, read from processes that wait; and what follows from who
 * wrote to them.
 */
#include "cli/hangs/child/descriptor_ties.h"
#include "cli/process/descriptor_wait.h"
#include "cli/process/epoll_members.h"
#include "cli/process/io_rings.h"
#include "support.h"
#include <check.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *descriptor_waits_suite(void);

static int event, pipe_ends[2], pair[2], timer, signals, watcher, terminal, network;

static void arm(int descriptor, int flags, time_t seconds)
{
	const struct itimerspec limit = {.it_value.tv_sec = seconds};

	ck_assert_int_eq(timerfd_settime(descriptor, flags, &limit, NULL), 0);
}

static void setup(void)
{
	sigset_t none;

	sigemptyset(&none);
	event = eventfd(0, EFD_CLOEXEC);
	ck_assert_int_eq(pipe(pipe_ends), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	timer = timerfd_create(CLOCK_MONOTONIC, 0);
	arm(timer, 0, 3600);
	signals = signalfd(-1, &none, 0);
	watcher = inotify_init1(0);
	terminal = posix_openpt(O_RDWR | O_NOCTTY);
	network = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(listen(network, 1), 0);
}

static void teardown(void)
{
	close_range((unsigned)event, (unsigned)network, 0);
}

enum way {
	POLL,
	PPOLL,
	SELECT,
	EPOLL,
	READ,
	RECVMMSG,
	ACCEPT,
	POLL_LIMITED,
	EPOLL_LIMITED,
	POLL_ROOM
};

static int make_set(int one, int other, uint32_t events)
{
	struct epoll_event asked = {.events = events};
	int set = epoll_create1(0);

	epoll_ctl(set, EPOLL_CTL_ADD, one, &asked);
	if (other >= 0)
		epoll_ctl(set, EPOLL_CTL_ADD, other, &asked);
	return set;
}

static void wait_by_select(int one, int other)
{
	fd_set ready;

	FD_ZERO(&ready);
	FD_SET(one, &ready);
	if (other >= 0)
		FD_SET(other, &ready);
	select(64, &ready, NULL, NULL, NULL);
}

static void wait_by(enum way way, int one, int other)
{
	short asked = way == POLL_ROOM ? POLLIN | POLLOUT : POLLIN;
	struct pollfd both[2] = {{one, POLLIN, 0}, {other, asked, 0}};
	struct epoll_event got;
	struct mmsghdr message = {0};
	char byte;

	switch (way) {
	case POLL:
	case POLL_ROOM:
		poll(both, 2, -1);
		break;
	case POLL_LIMITED:
		poll(both, 2, 60000);
		break;
	case PPOLL:
		ppoll(both, 2, NULL, NULL);
		break;
	case SELECT:
		wait_by_select(one, other);
		break;
	case EPOLL:
		epoll_wait(make_set(one, other, EPOLLIN | EPOLLET), &got, 1, -1);
		break;
	case EPOLL_LIMITED:
		epoll_wait(make_set(one, other, EPOLLIN), &got, 1, 60000);
		break;
	case READ:
		if (read(one, &byte, 1) == 1)
			_exit(1);
		break;
	case RECVMMSG:
		recvmmsg(one, &message, 1, 0, NULL);
		break;
	case ACCEPT:
		accept(one, NULL, NULL);
		break;
	}
	_exit(0);
}

/* What a process is found to wait for that waits so. False: what it waits for is not known, or
 * has a limit. */
static bool find(enum way way, int one, int other, struct descriptor_wait *wait)
{
	struct task_look task;
	bool is_found;
	pid_t child = fork();

	if (child == 0)
		wait_by(way, one, other);
	while (procfs_state(child) != 'S' || !procfs_quick_check(child, &task) || !task.in_call)
		sched_yield();
	is_found = descriptor_wait_find(child, &task, wait);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return is_found;
}

/* A set has no order. */
static int kind_in(const struct descriptor_wait *wait, int number)
{
	for (size_t i = 0; i < wait->count; i++)
		if (wait->list[i].number == number)
			return (int)wait->list[i].kind;
	return 0;
}

START_TEST(knows_what_a_task_waits_for)
{
	static const enum way ways[] = {POLL, PPOLL, SELECT, EPOLL};
	struct descriptor_wait wait;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		ck_assert_msg(find(ways[i], event, pipe_ends[0], &wait), "way %zu", i);
		ck_assert_uint_eq(wait.count, 2);
		ck_assert_int_eq(kind_in(&wait, event), DESCRIPTOR_EVENTFD);
		ck_assert_int_eq(kind_in(&wait, pipe_ends[0]), DESCRIPTOR_PIPE);
		ck_assert_int_eq(wait.epoll >= 0, ways[i] == EPOLL);
	}
	ck_assert(find(READ, pair[0], -1, &wait));
	ck_assert_uint_eq(wait.count, 1);
	ck_assert_int_eq(wait.list[0].kind, DESCRIPTOR_SOCKET);
	ck_assert(find(RECVMMSG, pair[0], -1, &wait));
	ck_assert_int_eq(wait.list[0].kind, DESCRIPTOR_SOCKET);
}
END_TEST

/* Who knows when that will be? */
START_TEST(leaves_all_else_alone)
{
	const int others[] = {timer, signals, watcher, terminal, network};
	struct descriptor_wait wait;

	for (size_t i = 0; i < 5; i++) {
		ck_assert_msg(!find(POLL, event, others[i], &wait), "poll %zu", i);
		ck_assert_msg(!find(SELECT, event, others[i], &wait), "select %zu", i);
		ck_assert_msg(!find(EPOLL, event, others[i], &wait), "epoll %zu", i);
	}
	ck_assert(!find(ACCEPT, network, -1, &wait));
	ck_assert(!find(POLL_ROOM, event, timer, &wait));
	ck_assert(!find(POLL_LIMITED, event, -1, &wait));
	ck_assert(!find(EPOLL_LIMITED, event, -1, &wait));
}
END_TEST

/* Nothing comes of timers alone. */
START_TEST(knows_a_timer_that_does_not_run)
{
	struct descriptor_wait wait;

	arm(timer, 0, 0);
	ck_assert(!find(POLL, timer, -1, &wait));
	ck_assert(find(EPOLL, event, timer, &wait));
	ck_assert_uint_eq(wait.count, 2);
	ck_assert_int_eq(kind_in(&wait, timer), DESCRIPTOR_TIMER);
}
END_TEST

/* It is told when somebody sets the clock. */
START_TEST(leaves_a_timer_alone_that_clocks_tell)
{
	int clock = timerfd_create(CLOCK_REALTIME, 0);
	struct descriptor_wait wait;

	arm(clock, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, 0);
	ck_assert(!find(POLL, event, clock, &wait));
	close(clock);
}
END_TEST

START_TEST(knows_a_limit_of_the_socket)
{
	struct timeval limit = {.tv_sec = 60};
	struct descriptor_wait wait;

	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	ck_assert(!find(READ, pair[0], -1, &wait));
}
END_TEST

static bool note_eventfd(const struct epoll_member *member, void *data)
{
	struct descriptor_wait *wait = data;

	return !member->is_own || descriptor_wait_add_eventfd(getpid(), member->number, wait) ||
	       member->number == network;
}

START_TEST(finds_the_eventfds_beside_connections)
{
	int set = make_set(event, network, EPOLLIN);
	struct descriptor_wait wait = {.epoll = set};

	ck_assert(epoll_each_member(getpid(), set, note_eventfd, &wait));
	ck_assert_uint_eq(wait.count, 1);
	ck_assert_int_eq(wait.list[0].number, event);
	wait.count = DESCRIPTORS_AWAITED;
	ck_assert(!epoll_each_member(getpid(), set, note_eventfd, &wait));
	/* One that is not to be there, and none at all. */
	set = make_set(event, timer, EPOLLIN);
	wait.count = 0;
	ck_assert(!epoll_each_member(getpid(), set, note_eventfd, &wait));
	ck_assert(!epoll_each_member(getpid(), epoll_create1(0), note_eventfd, &wait));
}
END_TEST

START_TEST(knows_a_member_that_is_not_its_own)
{
	int set = make_set(event, timer, EPOLLIN), kept = dup(timer);
	struct descriptor_wait wait = {.epoll = set};

	ck_assert(!epoll_each_member(getpid(), set, note_eventfd, &wait));
	wait.count = 0;
	dup2(network, timer);
	ck_assert(epoll_each_member(getpid(), set, note_eventfd, &wait));
	ck_assert_uint_eq(wait.count, 1);
	close(kept);
}
END_TEST

/* In the set its number stands for another file than it is by now. */
START_TEST(knows_that_a_set_has_another_file)
{
	int set = make_set(pipe_ends[0], -1, EPOLLIN);
	int kept = dup(pipe_ends[0]);
	struct descriptor_wait wait;
	struct epoll_event got;
	struct task_look task;
	pid_t child;

	dup2(event, pipe_ends[0]);
	child = fork();
	if (child == 0) {
		epoll_wait(set, &got, 1, -1);
		_exit(0);
	}
	while (procfs_state(child) != 'S' || !procfs_quick_check(child, &task) || !task.in_call)
		sched_yield();
	ck_assert(!descriptor_wait_find(child, &task, &wait));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(kept);
	close(set);
}
END_TEST

/* Containers often forbid it. */
START_TEST(knows_a_ring_that_has_nothing_to_do)
{
	struct io_uring_params parameters = {0};
	int ring;

	ck_assert(!io_rings_any(getpid()));
	ck_assert(!io_rings_any_busy(getpid()));
	ring = (int)syscall(SYS_io_uring_setup, 2, &parameters);
	if (ring < 0)
		return;
	ck_assert(io_rings_any(getpid()));
	ck_assert(!io_rings_any_busy(getpid()));
	/* What it has registered it could write to by itself. */
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &event, 1) == 0)
		ck_assert(io_rings_any_busy(getpid()));
	close(ring);
}
END_TEST

struct writers {
	size_t count;
	int last[2];
};

static void count_writer(size_t index, int number, void *data)
{
	struct writers *writers = data;

	writers->count++;
	writers->last[index] = number;
}

START_TEST(finds_the_other_ends)
{
	struct descriptor_wait wait;
	struct writers writers = {0};
	int other = eventfd(0, EFD_CLOEXEC), copy = dup(event);

	ck_assert(find(POLL, event, pair[0], &wait));
	ck_assert(descriptor_wait_each_writer(getpid(), &wait, count_writer, &writers));
	ck_assert_uint_eq(writers.count, 3);
	ck_assert(writers.last[0] == copy || writers.last[0] == event);
	ck_assert_int_eq(writers.last[1], pair[1]);
	writers = (struct writers){0};
	ck_assert(find(READ, pipe_ends[0], -1, &wait));
	ck_assert(descriptor_wait_each_writer(getpid(), &wait, count_writer, &writers));
	ck_assert_uint_eq(writers.count, 1);
	ck_assert_int_eq(writers.last[0], pipe_ends[1]);
	close(copy);
	close(other);
}
END_TEST

/* Who has the same one may arm it: all others look alike. */
START_TEST(finds_who_may_arm_a_timer)
{
	int other = timerfd_create(CLOCK_MONOTONIC, 0), copy = dup(timer);
	struct descriptor_wait wait;
	struct writers writers = {0};

	arm(timer, 0, 0);
	ck_assert(find(POLL, timer, event, &wait));
	ck_assert_int_eq(wait.list[0].number, event);
	ck_assert_int_eq(wait.list[1].number, timer);
	wait.list[0] = wait.list[1];
	/* Who waited is gone: this process stands for it. */
	wait.pid = getpid();
	wait.count = 1;
	ck_assert(descriptor_wait_each_writer(getpid(), &wait, count_writer, &writers));
	ck_assert_uint_eq(writers.count, 2);
	ck_assert(writers.last[0] == copy || writers.last[0] == timer);
	close(copy);
	close(other);
}
END_TEST

START_TEST(knows_that_a_descriptor_is_on_its_way)
{
	char byte = 0, room[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec bytes = {&byte, 1};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	*head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	*(int *)(void *)CMSG_DATA(head) = event;
	ck_assert_int_eq(sendmsg(pair[0], &message, 0), 1);
	ck_assert(descriptor_wait_any_on_way(getpid()));
}
END_TEST

START_TEST(only_lost_threads_wrote)
{
	struct end_facts facts = {.count = 1,
				  .readers = DESCRIPTOR_THREAD(1) | DESCRIPTOR_THREAD(4),
				  .writers = DESCRIPTOR_THREAD(2) | DESCRIPTOR_THREAD(3)};
	struct end_facts other;

	ck_assert(descriptor_tie_is_of_others(&facts, 1));
	ck_assert(!descriptor_tie_is_unused(&facts));
	/* The thread that forked has, too, or who it was is not known. */
	ck_assert(!descriptor_tie_is_of_others(&facts, 3));
	ck_assert(!descriptor_tie_is_of_others(&facts, 3 + 64));
	ck_assert(!descriptor_tie_is_of_others(&facts, 0));
	other = facts;
	other.flags = DESCRIPTOR_IN_CHILD;
	ck_assert(!descriptor_tie_is_of_others(&other, 1));
	other.flags = DESCRIPTOR_BY_UNKNOWN;
	ck_assert(!descriptor_tie_is_of_others(&other, 1));
	/* Nobody of this process read it: it is for another one. */
	other = facts;
	other.readers = 0;
	ck_assert(!descriptor_tie_is_of_others(&other, 1));
	/* Who reads there wakes itself, and nobody else reads: not what several take from. */
	other = facts;
	other.writers |= DESCRIPTOR_THREAD(1);
	ck_assert(!descriptor_tie_is_of_others(&other, 1));
	other.readers = DESCRIPTOR_THREAD(1);
	ck_assert(descriptor_tie_is_of_others(&other, 1));
	other.writers = DESCRIPTOR_THREAD(1);
	ck_assert(!descriptor_tie_is_of_others(&other, 1));
	other = facts;
	other.count = 0;
	ck_assert(!descriptor_tie_is_of_others(&other, 1));
}
END_TEST

START_TEST(nobody_wrote)
{
	struct end_facts facts = {.count = 1, .readers = DESCRIPTOR_THREAD(1)};

	ck_assert(descriptor_tie_is_unused(&facts));
	ck_assert(!descriptor_tie_is_of_others(&facts, 1));
	facts.flags = DESCRIPTOR_IN_CHILD;
	ck_assert(!descriptor_tie_is_unused(&facts));
	facts = (struct end_facts){0};
	ck_assert(!descriptor_tie_is_unused(&facts));
}
END_TEST

Suite *descriptor_waits_suite(void)
{
	Suite *suite = suite_create("descriptor_waits");
	TCase *waits = tcase_create("waits");

	tcase_add_checked_fixture(waits, setup, teardown);
	tcase_add_test(waits, knows_what_a_task_waits_for);
	tcase_add_test(waits, leaves_all_else_alone);
	tcase_add_test(waits, knows_a_timer_that_does_not_run);
	tcase_add_test(waits, leaves_a_timer_alone_that_clocks_tell);
	tcase_add_test(waits, finds_the_eventfds_beside_connections);
	tcase_add_test(waits, knows_a_member_that_is_not_its_own);
	tcase_add_test(waits, knows_a_limit_of_the_socket);
	tcase_add_test(waits, knows_that_a_set_has_another_file);
	tcase_add_test(waits, knows_a_ring_that_has_nothing_to_do);
	tcase_add_test(waits, finds_the_other_ends);
	tcase_add_test(waits, finds_who_may_arm_a_timer);
	tcase_add_test(waits, knows_that_a_descriptor_is_on_its_way);
	tcase_add_test(waits, only_lost_threads_wrote);
	tcase_add_test(waits, nobody_wrote);
	suite_add_tcase(suite, waits);
	return suite;
}
