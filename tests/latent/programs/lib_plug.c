/* A plug-in with state and a lock of its own; opened with dlopen and closed at the end. */
#include "lat.h"
static pthread_mutex_t plug_lock = PTHREAD_MUTEX_INITIALIZER;
static int calls;
int plug_call(int quick)
{
	begin();
	pthread_mutex_lock(&plug_lock);
	int n = ++calls;
	if (!quick)
		stretch();
	pthread_mutex_unlock(&plug_lock);
	return n;
}
void plug_child(void)
{
	pthread_mutex_init(&plug_lock, NULL);
}
