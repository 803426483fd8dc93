/* UNDECIDABLE flag: a seqlock-like counter in shared memory tells main that the thread is idle (in
 * fact safe) */
#include "lat.h"
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int *board; /* [0] request, [1] answer */
static int value;

static void *worker(void *u)
{
	for (;; usleep(200)) {
		int r = __atomic_load_n(&board[0], __ATOMIC_ACQUIRE);
		if (r == board[1])
			continue;
		pthread_mutex_lock(&lock);
		value = r;
		stretch();
		pthread_mutex_unlock(&lock);
		__atomic_store_n(&board[1], r, __ATOMIC_RELEASE);
	}
	return u;
}

static int child_main(void)
{
	pthread_mutex_lock(&lock);
	int v = value;
	pthread_mutex_unlock(&lock);
	return v < 1;
}

int main(void)
{
	int bad = 0;

	begin();
	board = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	spawn(worker, NULL);
	for (int i = 1; i < 6; i++) {
		__atomic_store_n(&board[0], i, __ATOMIC_RELEASE);
		while (__atomic_load_n(&board[1], __ATOMIC_ACQUIRE) != i)
			usleep(200);
		pid_t pid = fork();
		if (pid == 0)
			_exit(child_main());
		bad |= reap(pid);
		ms(2);
	}
	return bad;
}
