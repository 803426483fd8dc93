/*
 * Waits for what comes by a descriptor from a thread that was lost: an event loop, a reader. Beside
 * each kind stand its twins, which something else ends: another thread, the parent, a network, a
 * timer, a signal, a descriptor in a message. They must be silent.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

#define STUCK(how, what, function)                                                                 \
	.command = "descriptors " how, .verdict = GUILTY, .code = "FC002",                         \
	.missing = "descriptors", .missing_count = 1, .fork = "main@FORK",                         \
	.created = "start_server@CREATE main@START", .kind = what, .waiting_in = function,         \
	.action = "killed"

/* Lost threads alone wrote it, and were asked. */
#define ANSWERED(how, what, function)                                                              \
	{                                                                                          \
		STUCK(how " hang", what, function), .gave = "answer@ANSWER",                       \
						    .says = "the child gave its work to them"      \
	}

/* Before they would be told of as suspected, had anything been suspected. */
#define ENDS(how)                                                                                  \
	{                                                                                          \
		.command = "descriptors " how, .options = "--hang-after=1s", .verdict = CLEAN      \
	}

static const struct program_case cases[] = {
	/* A runtime whose system calls nobody sees, and a timer that does not run. */
	{.command = "idle-set hang",
	 .verdict = GUILTY,
	 .code = "FC002",
	 .missing = "idle-set",
	 .missing_count = 1,
	 .fork = "main@FORK",
	 .created = "start_reactor@CREATE main@START",
	 .kind = "eventfd",
	 .waiting_in = "epoll_wait",
	 .says = "waits in the code that they belong to",
	 .action = "killed"},
	{.command = "idle-set armed", .options = "--hang-after=1s", .verdict = CLEAN},
	{.command = "idle-set late", .options = "--hang-after=1s", .verdict = CLEAN},
	ANSWERED("eventfd poll", "eventfd", "poll"),
	ANSWERED("eventfd ppoll", "eventfd", "ppoll"),
	ANSWERED("eventfd select", "eventfd", "select"),
	ANSWERED("eventfd epoll", "eventfd", "epoll_wait"),
	ANSWERED("eventfd read", "eventfd", "read"),
	ANSWERED("pipe poll", "pipe", "poll"),
	ANSWERED("pipe select", "pipe", "select"),
	ANSWERED("pipe epoll", "pipe", "epoll_wait"),
	ANSWERED("pipe read", "pipe", "read"),
	ANSWERED("pair poll", "socket", "poll"),
	ANSWERED("pair epoll", "socket", "epoll_wait"),
	ANSWERED("pair recv", "socket", "recv"),
	ANSWERED("pair recvmmsg", "socket", "recvmmsg"),
	/* A set that parent and child have in common. */
	{STUCK("eventfd epoll common", "eventfd", "epoll_wait"), .gave = "answer@ANSWER"},
	{STUCK("eventfd poll woken", "eventfd", "poll"), .gave = "answer@ANSWER",
	 .says = "only they had written to what it waits for, and the child gave"},
	/* Nobody was asked, and nobody is left who could write. */
	{STUCK("pipe poll idle", "pipe", "poll"), .gave = "answer@ANSWER",
	 .says = "only they had written to what it waits for"},
	/* Made by the child, who gave its work to threads that it does not have. */
	{STUCK("pair epoll own", "socket", "epoll_wait"),
	 .says = "the child gave its work to them"},
	{STUCK("eventfd poll ring-idle", "eventfd", "poll"), .gave = "answer@ANSWER"},
	{STUCK("pipe read closed", "pipe", "read"), .gave = "answer@ANSWER"},
	/* Each has what would wake the others, and none of them goes on. */
	{STUCK("eventfd epoll siblings", "eventfd", "epoll_wait"), .gave = "answer@ANSWER"},
	{STUCK("pipe read siblings", "pipe", "read"), .gave = "answer@ANSWER"},
	/* The parent may yet write. */
	{.command = "descriptors eventfd epoll busy",
	 .options = "--hang-after=1s",
	 .verdict = FEARED,
	 .missing = "descriptors",
	 .kind = "eventfd",
	 .says = "the other end of it, too",
	 .gave = "answer@ANSWER",
	 .action = "",
	 .program_status = 42},

	ENDS("eventfd epoll restarted"),
	ENDS("pipe read restarted"),
	ENDS("pair recv restarted"),
	ENDS("eventfd poll own-late"),
	ENDS("pipe poll jobs"),
	ENDS("pair recv jobs"),
	ENDS("eventfd epoll jobs"),
	ENDS("pipe read tokens"),
	ENDS("eventfd poll tokens"),
	ENDS("pipe read tokens-number"),
	ENDS("pipe poll tokens-stream"),
	ENDS("pipe poll tokens-dprintf"),
	ENDS("pipe read tokens-splice"),
	ENDS("pair poll tokens-pwritev2"),
	ENDS("pipe read dispatched"),
	ENDS("eventfd epoll dispatched"),
	ENDS("pair poll dispatched"),
	ENDS("pipe poll sibling-late"),
	ENDS("pair epoll sibling-late"),
	ENDS("pipe poll slices"),
	ENDS("eventfd poll network"),
	ENDS("eventfd epoll network"),
	ENDS("pipe select network"),
	ENDS("pair accept network"),
	ENDS("pipe poll terminal"),
	ENDS("eventfd poll ring"),
	ENDS("eventfd poll timer"),
	ENDS("eventfd epoll timer"),
	ENDS("pipe poll signal"),
	ENDS("pipe epoll files"),
	ENDS("pipe poll passed"),
	ENDS("pipe read passed"),
	ENDS("pair recv passed"),
};

START_TEST(test_descriptors)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *descriptors_suite(void)
{
	Suite *suite = suite_create("descriptors");
	TCase *descriptors = tcase_create("descriptors");

	tcase_set_timeout(descriptors, 60 * run_repeats());
	tcase_add_loop_test(descriptors, test_descriptors, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, descriptors);
	return suite;
}
