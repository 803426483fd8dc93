/* Threads, children by fork and by exec: something for a tracer to follow. */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int children;

static void *work(void *number)
{
	return (char *)number + 1;
}

static void run(int number)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		if (number % 2)
			execl("/bin/true", "true", (char *)NULL);
		_exit(number);
	}
	waitpid(child, &status, 0);
	children += WIFEXITED(status) && WEXITSTATUS(status) == (number % 2 ? 0 : number);
}

int main(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < 10; i++)
		run(i);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	printf("%d children\n", children);
	return children == 10 ? 0 : 1;
}
