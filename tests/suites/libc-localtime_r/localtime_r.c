/* localtime_r: the time of day, as a logger writes it. */
#include "../beside.h"
#include <time.h>

static void call(void)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
}

int main(int argc, char **argv)
{
	(void)argv;
	return fork_beside(call, argc > 1);
}
