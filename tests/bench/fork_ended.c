/* The same after 10,000 threads that lived at a time have ended. */
#define THREADS    4
#define OPERATIONS 200
#define ENDED      10000
#include "fork.c"
