/* startup: a program that crashes before its main(). */
#include "case.h"
#include <sys/resource.h>

__attribute__((constructor)) static void crash(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	*(volatile int *)NULL = 0;
}

int main(void)
{
	return 0;
}
