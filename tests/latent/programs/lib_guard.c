/* Registers fork handlers for a lock of its caller; they go when the library is closed. */
#include "lat.h"
static pthread_mutex_t *guarded;
static void before(void)
{
	pthread_mutex_lock(guarded);
}
static void after(void)
{
	pthread_mutex_unlock(guarded);
}
void guard_install(pthread_mutex_t *m)
{
	guarded = m;
	pthread_atfork(before, after, after);
}
