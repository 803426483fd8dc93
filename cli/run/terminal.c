/*
 * Whose the terminal is, is asked of /dev/tty, which is opened for each question: they are
 * asked when a job stops, and not else.
 */
#include "terminal.h"
#include <fcntl.h>
#include <unistd.h>

static int open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

pid_t terminal_group(void)
{
	int terminal = open_terminal();
	pid_t group;

	if (terminal < 0)
		return -1;
	group = tcgetpgrp(terminal);
	close(terminal);
	return group;
}

void terminal_give(pid_t group)
{
	int terminal = open_terminal();

	if (terminal < 0)
		return;
	tcsetpgrp(terminal, group);
	close(terminal);
}
