/* LATENT lock=word lost=owner child=take kind=inline-futex unseen=inline */
#include "lat.h"
#include <linux/futex.h>
/* A lock of the program's own: inline until contended, then a futex. */
static int word; /* 0 free, 1 held, 2 held and waited for */

static void take(void)
{
	int c = 0;
	if (__atomic_compare_exchange_n(&word, &c, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&word, 2, __ATOMIC_ACQUIRE) != 0)
		syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}

static void drop(void)
{
	if (__atomic_exchange_n(&word, 0, __ATOMIC_RELEASE) == 2)
		syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *owner(void *u)
{
	for (;; usleep(2000)) {
		take();
		stretch();
		drop();
	}
	return u;
}

static int child_main(void)
{
	take();
	drop();
	return 0;
}

int main(void)
{
	begin();
	spawn(owner, NULL);
	return forks(5, 5900, child_main);
}
