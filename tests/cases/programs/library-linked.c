/* library-linked MODE: the lock, the thread and the handlers belong to a linked library. */
#include "case.h"

#define FORKS 50

void journal_protect(void);
void journal_write(void);
void journal_start(void);
void journal_stop(void);
void journal_hold(void);
void journal_release(void);

static int fork_and_write(void)
{
	pid_t child = fork(); /* FORK */

	if (child == 0) {
		journal_write(); /* CHILD */
		_exit(0);
	}
	return reap(child);
}

static int safe(void)
{
	int status = 0;

	journal_protect();
	journal_start();
	for (int i = 0; i < FORKS && status == 0; i++)
		status = fork_and_write();
	journal_stop();
	return status;
}

int main(int argc, char **argv)
{
	int status;

	(void)argc;
	if (mode_is(argv, "protected"))
		return safe();
	journal_hold();
	status = fork_and_write();
	journal_release();
	return status;
}
