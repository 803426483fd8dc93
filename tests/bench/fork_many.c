/* The same with a thousand idle threads. */
#define THREADS    1000
#define OPERATIONS 200
#include "fork.c"
