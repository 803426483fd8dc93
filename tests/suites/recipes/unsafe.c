/* A test that passes, with a fork while another thread holds a lock. */
#include <pthread.h>
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t is_held, is_over;

static void *write_log(void *unused)
{
	pthread_mutex_lock(&log_mutex);
	sem_post(&is_held);
	sem_wait(&is_over);
	pthread_mutex_unlock(&log_mutex);
	return unused;
}

int main(void)
{
	pthread_t logger;
	int status = -1;
	pid_t child;

	sem_init(&is_held, 0, 0);
	sem_init(&is_over, 0, 0);
	if (pthread_create(&logger, NULL, write_log, NULL) != 0)
		return 1;
	sem_wait(&is_held);
	child = fork();
	if (child == 0)
		_exit(0);
	waitpid(child, &status, 0);
	sem_post(&is_over);
	pthread_join(logger, NULL);
	return status != 0;
}
