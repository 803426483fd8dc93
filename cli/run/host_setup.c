/*
 * forkcheck changes its own descriptors and their limit here, and gives the program back what
 * was. It fails silently: nothing here is needed to run a program.
 */
#include "host_setup.h"
#include <fcntl.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

static struct rlimit original_descriptors;
static bool is_raised;

/*
 * A file that we open must not become standard error: our report would be
 * written into it. exec closes these again, so the program gets what we got.
 */
static void occupy_standard_streams(void)
{
	int lowest;

	/* Each open takes the lowest that is free. */
	do
		lowest = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (lowest >= 0 && lowest <= STDERR_FILENO);
	if (lowest > STDERR_FILENO)
		close(lowest);
}

/* The watch has a descriptor for each process that it looks at. */
static void raise_limit(void)
{
	struct rlimit raised;

	if (getrlimit(RLIMIT_NOFILE, &original_descriptors))
		return;
	raised = original_descriptors;
	raised.rlim_cur = raised.rlim_max;
	is_raised = setrlimit(RLIMIT_NOFILE, &raised) == 0;
}

void host_setup_prepare(void)
{
	occupy_standard_streams();
	raise_limit();
}

void host_setup_restore(void)
{
	if (is_raised)
		setrlimit(RLIMIT_NOFILE, &original_descriptors);
}
