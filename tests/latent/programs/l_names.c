/* LATENT lock=lock lost=thread_of_a child=part_a kind=two-names */
/* build: part_name_a.c part_name_b.c */
#include "lat.h"
/* Two locks called 'lock', static in two files: the child takes that of a, which the thread uses.
 */
int part_a(int), part_b(int);
#define CHILD part_a

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
