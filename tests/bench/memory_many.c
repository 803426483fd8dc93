/* The same with 1,000 threads. */
#define THREADS 1000
#include "memory.c"
