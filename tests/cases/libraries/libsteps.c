/* The time of day, stepping back and forth by hours from call to call. */
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t step(void)
{
	static _Atomic unsigned calls;
	unsigned call = atomic_fetch_add(&calls, 1);

	return (call % 2 ? 1 : -1) * (time_t)(call % 7) * 3600;
}

static int read_clock(clockid_t clock, struct timespec *now)
{
	return (int)syscall(SYS_clock_gettime, clock, now);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = read_clock(clock, now);

	if (clock == CLOCK_REALTIME)
		now->tv_sec += step();
	return result;
}

time_t time(time_t *result)
{
	struct timespec now;

	read_clock(CLOCK_REALTIME, &now);
	now.tv_sec += step();
	if (result)
		*result = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *now, void *zone)
{
	struct timespec exact;
	int result = read_clock(CLOCK_REALTIME, &exact);

	(void)zone;
	now->tv_sec = exact.tv_sec + step();
	now->tv_usec = exact.tv_nsec / 1000;
	return result;
}
