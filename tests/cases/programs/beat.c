/*
 * beat [served]: workers that wait with a time limit for work, and tell their supervisor
 * again and again that they are alive, each in its own way. They end after four seconds.
 * "served": a lost thread gave the first piece of work.
 */
#include "case.h"
#include <semaphore.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#define BEATS   20
#define STEP_MS 200

static sem_t work_to_do;
static int ends[2], event, file;

static void by_send(void)
{
	send(ends[1], "beat", 4, MSG_DONTWAIT);
}

static void by_sendmsg(void)
{
	struct iovec data = {"beat", 4};
	const struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

	sendmsg(ends[1], &message, MSG_DONTWAIT);
}

static void by_sendmmsg(void)
{
	struct iovec data = {"beat", 4};
	struct mmsghdr message = {.msg_hdr = {.msg_iov = &data, .msg_iovlen = 1}};

	sendmmsg(ends[1], &message, 1, MSG_DONTWAIT);
}

static void by_sendto(void)
{
	sendto(ends[1], "beat", 4, MSG_DONTWAIT, NULL, 0);
}

static void by_write(void)
{
	if (write(ends[1], "beat", 4) != 4)
		err(2, "write");
}

static void by_writev(void)
{
	const struct iovec data = {"beat", 4};

	if (writev(ends[1], &data, 1) != 4)
		err(2, "writev");
}

static void by_eventfd(void)
{
	eventfd_write(event, 1);
}

static void by_sendfile(void)
{
	off_t start = 0;

	sendfile(ends[1], file, &start, 4);
}

static void (*const ways[])(void) = {
	by_send, by_sendmsg, by_sendmmsg, by_sendto, by_write, by_writev, by_eventfd, by_sendfile,
};

#define WAYS (sizeof(ways) / sizeof(*ways))

static void wait_a_step(void)
{
	struct timespec deadline;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_nsec += STEP_MS * 1000000L;
	deadline.tv_sec += deadline.tv_nsec / 1000000000L;
	deadline.tv_nsec %= 1000000000L;
	sem_clockwait(&work_to_do, CLOCK_MONOTONIC, &deadline);
}

static int work(void (*beat)(void))
{
	for (int i = 0; i < BEATS; i++) {
		wait_a_step();
		beat();
	}
	return 0;
}

static void *drain(void *unused)
{
	char text[64];

	while (recv(ends[0], text, sizeof(text), 0) > 0)
		;
	return NULL;
}

static void *give(void *is_served)
{
	if (is_served)
		sem_post(&work_to_do);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

static void make_ways(void)
{
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0)
		err(2, "socketpair");
	event = eventfd(0, EFD_CLOEXEC);
	file = memfd_create("beat", MFD_CLOEXEC);
	if (ftruncate(file, 4) != 0)
		err(2, "ftruncate");
}

int main(int argc, char **argv)
{
	pid_t workers[WAYS];
	pthread_t thread, reader;
	int failed = 0;

	make_ways();
	sem_init(&work_to_do, 0, 0);
	pthread_create(&thread, NULL, give, mode_is(argv, "served") ? &work_to_do : NULL);
	pthread_create(&reader, NULL, drain, NULL);
	pthread_barrier_wait(&taken);
	if (mode_is(argv, "served"))
		sem_wait(&work_to_do);
	for (size_t i = 0; i < WAYS; i++) {
		workers[i] = fork(); /* FORK */
		if (workers[i] == 0)
			_exit(work(ways[i]));
	}
	for (size_t i = 0; i < WAYS; i++)
		failed |= reap(workers[i]);
	shutdown(ends[0], SHUT_RDWR);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	pthread_join(reader, NULL);
	return failed;
}
