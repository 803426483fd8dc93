/* Room in a variable that each thread has of its own, made when it first asks. */
#include "variable.h"

static _Thread_local union {
	char bytes[VARIABLE_BYTES];
	void *aligned;
} variable;

void *variable_own(void)
{
	return &variable;
}
