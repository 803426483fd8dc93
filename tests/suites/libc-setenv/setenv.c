/* setenv: a variable set by a thread while another forks. */
#include "../beside.h"
#include <stdlib.h>

static void call(void)
{
	setenv("PROGRESS", "some", 1);
}

int main(int argc, char **argv)
{
	(void)argv;
	return fork_beside(call, argc > 1);
}
