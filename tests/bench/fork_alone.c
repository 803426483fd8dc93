/* The same in a process without threads: a shell, or glibc's tests that fork all the time. */
#define THREADS    0
#define OPERATIONS 3000
#include "fork.c"
