/* More facts than a process keeps, then one fork beside another thread. The child does nothing. */
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEPTH 1500
static pthread_mutex_t mutexes[DEPTH];
static pthread_barrier_t begun;

/* Each of them is made on a stack of its own. */
static void make(int depth)
{
	char frame[1024];

	memset(frame, depth, sizeof(frame));
	if (depth + 1 < DEPTH)
		make(depth + 1);
	pthread_mutex_init(&mutexes[depth], NULL);
	__asm__ volatile("" : : "r"(frame) : "memory");
}

static void *stay(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&begun);
	pause();
	return NULL;
}

int main(void)
{
	pthread_t thread;
	pid_t child;

	make(0);
	pthread_barrier_init(&begun, NULL, 2);
	pthread_create(&thread, NULL, stay, NULL);
	pthread_barrier_wait(&begun);
	child = fork();
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
	return 0;
}
