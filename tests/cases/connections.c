/*
 * What two processes both use of what a fork gave them: a connection, an epoll set, a timer
 * (FC014). Beside each its twin that one of them alone uses, or each in its own way.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"
#include <linux/io_uring.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SHARED(arguments) .command = "connections " arguments, .verdict = WARNED, .code = "FC014"
#define CALM(arguments)                                                                            \
	{                                                                                          \
		.command = "connections " arguments, .verdict = CLEAN                              \
	}
#define PYTHON(arguments)                                                                          \
	.command = "/usr/bin/python3 -EB $SCRIPTS/python-connections.py " arguments,               \
	.sources = "programs/python-connections.py"
#define SHARED_IN_PYTHON(arguments) PYTHON(arguments), .verdict = WARNED, .code = "FC014"

static const struct program_case cases[] = {
	{SHARED("tcp asks"), .fork = "connection@FORK", .child = "ask@ASK connection@IN_CHILD",
	 .parent = "ask@ASK connection@AFTER", .headline_waits = "ask@ASK",
	 .headline_forked = "connection@FORK", .headline_who = "ask@ASK",
	 .says = "both used a connection to 127.0.0.1:"},
	{SHARED("unix asks"), .child = "ask@ASK connection@IN_CHILD", .says = "a connection to @"},
	{SHARED("tcp parts"), .child = "ask_by_parts@PARTS", .parent = "ask_by_parts@PARTS"},
	{SHARED("tcp messages"), .child = "ask_by_messages@MESSAGES",
	 .parent = "ask_by_messages@MESSAGES"},
	{SHARED("tcp file"), .child = "ask_with_file@FILE", .parent = "ask_with_file@FILE"},
	{SHARED("tcp copies"), .child = "ask@ASK ask_by_copy@BY_COPY"},
	{SHARED("tcp vforks"), .child = "ask@ASK connection@IN_CHILD"},
	{SHARED("tcp farewell"), .child = "say@SAY connection@IN_CHILD",
	 .parent = "ask@ASK connection@AFTER", .says = "farewell"},
	{SHARED("tcp ends"), .says = "farewell"},
	{SHARED("tcp siblings"), .fork = "siblings@FORK_MANY",
	 .child = "ask@ASK siblings@BY_SIBLING", .parent = "ask@ASK siblings@BY_SIBLING"},
	{SHARED("tcp grandchild"), .child = "ask@ASK grandchild@BY_GRANDCHILD",
	 .parent = "ask@ASK grandchild@BY_GRANDPARENT"},
	{SHARED("server both"), .fork = "accepting@FORK_SERVER",
	 .child = "answer@ANSWER accepting@BY_CHILD",
	 .parent = "answer@ANSWER accepting@BY_PARENT"},
	CALM("tcp closes"),
	CALM("tcp shuts-down"),
	CALM("tcp anew"),
	CALM("tcp file-instead"),
	CALM("tcp in-turn"),
	CALM("tcp gives"),
	CALM("unix gives"),
	CALM("tcp idle-child"),
	CALM("tcp halves"),
	CALM("tcp journal"),
	CALM("tcp peeks"),
	CALM("tcp tries"),
	CALM("tcp executes"),
	CALM("tcp successors"),
	CALM("tcp used-between"),
	CALM("server listens"),
	CALM("server hands-over"),
	CALM("local pair"),
	CALM("datagram both"),

	{SHARED("epoll both"), .fork = "events@FORK_SET", .child = "draw@DRAW events@CHILD_DRAWS",
	 .parent = "draw@DRAW events@PARENT_DRAWS", .says = "both used an epoll set"},
	CALM("epoll anew"),
	CALM("epoll idle"),
	{SHARED("timer both"), .fork = "expirations@FORK_TIMER",
	 .child = "expire@EXPIRE expirations@CHILD_READS",
	 .parent = "expire@EXPIRE expirations@PARENT_READS", .says = "both used a timer"},
	CALM("timer anew"),
	{SHARED("ring both"), .fork = "rings@FORK_RING", .child = "enter@ENTER rings@CHILD_ENTERS",
	 .parent = "enter@ENTER rings@PARENT_ENTERS", .says = "both used an io_uring"},
	CALM("ring anew"),

	{SHARED_IN_PYTHON("http both"), .python_fork = "http_client@FORK",
	 .python_child = "get@RESPONSE http_client@IN_CHILD", .says = "both used a connection"},
	{PYTHON("http anew"), .verdict = CLEAN},
	{PYTHON("http kept"), .verdict = CLEAN},
	{PYTHON("http idle"), .verdict = CLEAN},
	{SHARED_IN_PYTHON("raw both"), .python_fork = "raw@FORK_RAW",
	 .python_child = "ask@RECEIVE raw@RAW_CHILD"},
	{PYTHON("raw anew"), .verdict = CLEAN},
	{SHARED_IN_PYTHON("selector both"), .python_fork = "selector@FORK_SELECTOR",
	 .python_child = "selector@SELECT_CHILD"},
	{PYTHON("selector anew"), .verdict = CLEAN},
};

/* Containers often forbid it. */
static bool has_ring(void)
{
	struct io_uring_params parameters = {0};
	long ring = syscall(SYS_io_uring_setup, 2, &parameters);

	if (ring < 0)
		return false;
	close((int)ring);
	return true;
}

START_TEST(test_connections)
{
	if (strncmp(cases[_i].command, "connections ring", strlen("connections ring")) == 0 &&
	    !has_ring()) {
		fprintf(stderr, "left out, there is no io_uring here: %s\n", cases[_i].command);
		return;
	}
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *connections_suite(void)
{
	Suite *suite = suite_create("connections");
	TCase *connections = tcase_create("connections");

	tcase_set_timeout(connections, 20 * run_repeats());
	tcase_add_loop_test(connections, test_connections, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, connections);
	return suite;
}
