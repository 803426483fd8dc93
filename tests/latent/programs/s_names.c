/* SAFE kind=two-names the child takes b's 'lock', the thread a's */
/* build: part_name_a.c part_name_b.c */
#include "lat.h"
int part_a(int), part_b(int);
#define CHILD part_b

static void *thread_of_a(void *u)
{
	for (;; usleep(2100))
		part_a(1);
	return u;
}

static int child_main(void)
{
	return CHILD(0) < 1;
}

int main(void)
{
	begin();
	part_b(0);
	spawn(thread_of_a, NULL);
	return forks(5, 5700, child_main);
}
