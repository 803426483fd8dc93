/*
 * outside MODE [many]: children that wait, for three seconds and without a time limit,
 * for something that their parent does: they are healthy.
 */
#include "case.h"
#include <linux/futex.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define AFTER_MS 3000
#define CHILDREN 50

/* How the child waits, and how the parent ends it. */
struct way {
	const char *mode;
	void (*prepare)(void);
	int (*wait)(void);
	void (*end)(void);
};

/* --- descriptors ----------------------------------------------------------- */

static int ends[2]; /* of a pipe, or of a pair of sockets */

static void make_pipe(void)
{
	if (pipe(ends) != 0)
		err(2, "pipe");
}

static int read_byte(void)
{
	char byte;

	return read(ends[0], &byte, 1) == 1 ? 0 : 1;
}

static int poll_for_byte(void)
{
	struct pollfd wanted = {.fd = ends[0], .events = POLLIN};

	poll(&wanted, 1, -1);
	return read_byte();
}

static int epoll_for_byte(void)
{
	struct epoll_event wanted = {.events = EPOLLIN};
	int set = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &wanted);
	epoll_wait(set, &wanted, 1, -1);
	return read_byte();
}

static void write_byte(void)
{
	if (write(ends[1], "x", 1) != 1)
		err(2, "write");
}

static void make_pair(void)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		err(2, "socketpair");
}

static int receive_byte(void)
{
	char byte;

	return recv(ends[0], &byte, 1, 0) == 1 ? 0 : 1;
}

static struct sockaddr_un address = {.sun_family = AF_UNIX};

/* In the abstract name space: nothing to remove. */
static void make_listener(void)
{
	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "outside-%d", getpid());
	ends[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(ends[0], (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(ends[0], 1) != 0)
		err(2, "socket");
}

static int accept_one(void)
{
	return accept(ends[0], NULL, NULL) >= 0 ? 0 : 1;
}

static void connect_once(void)
{
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(client, (struct sockaddr *)&address, sizeof(address)) != 0)
		err(2, "connect");
}

/* --- shared memory --------------------------------------------------------- */

static union shared {
	sem_t semaphore;
	atomic_int word;
	struct {
		pthread_mutex_t mutex;
		pthread_cond_t condition;
		int ready;
	} queue;
} * shared;

static void map(int file, int flags)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | flags, file, 0);
	if (shared == MAP_FAILED)
		err(2, "mmap");
}

static void map_semaphore(void)
{
	map(-1, MAP_ANONYMOUS);
	sem_init(&shared->semaphore, 1, 0);
}

/* In a file that two processes have mapped. */
static void map_semaphore_of_file(void)
{
	int file = memfd_create("semaphore", MFD_CLOEXEC);

	if (ftruncate(file, sizeof(*shared)) != 0)
		err(2, "ftruncate");
	map(file, 0);
	sem_init(&shared->semaphore, 1, 0);
}

static void attach_semaphore(void)
{
	int segment = shmget(IPC_PRIVATE, sizeof(*shared), IPC_CREAT | 0600);

	shared = shmat(segment, NULL, 0);
	if (shared == (void *)-1)
		err(2, "shmat");
	shmctl(segment, IPC_RMID, NULL);
	sem_init(&shared->semaphore, 1, 0);
}

static int wait_for_semaphore(void)
{
	return sem_wait(&shared->semaphore);
}

static void post_semaphore(void)
{
	sem_post(&shared->semaphore);
}

static void map_word(void)
{
	map(-1, MAP_ANONYMOUS);
}

static int wait_for_word(void)
{
	while (atomic_load(&shared->word) == 0)
		syscall(SYS_futex, &shared->word, FUTEX_WAIT, 0, NULL, NULL, 0);
	return 0;
}

static void set_word(void)
{
	atomic_store(&shared->word, 1);
	syscall(SYS_futex, &shared->word, FUTEX_WAKE, CHILDREN, NULL, NULL, 0);
}

static void map_queue(void)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t condition;

	map(-1, MAP_ANONYMOUS);
	pthread_mutexattr_init(&mutex);
	pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&shared->queue.mutex, &mutex);
	pthread_condattr_init(&condition);
	pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(&shared->queue.condition, &condition);
}

static int wait_for_queue(void)
{
	pthread_mutex_lock(&shared->queue.mutex);
	while (!shared->queue.ready)
		pthread_cond_wait(&shared->queue.condition, &shared->queue.mutex);
	pthread_mutex_unlock(&shared->queue.mutex);
	return 0;
}

static void fill_queue(void)
{
	pthread_mutex_lock(&shared->queue.mutex);
	shared->queue.ready = 1;
	pthread_cond_signal(&shared->queue.condition);
	pthread_mutex_unlock(&shared->queue.mutex);
}

/* --- children of the child ------------------------------------------------- */

/* The child waits for a child of its own, which waits for the pipe. */
static int wait_for_grandchild(void)
{
	pid_t grandchild = fork();
	int status;

	if (grandchild == 0)
		_exit(read_byte());
	return waitpid(grandchild, &status, 0) == grandchild && status == 0 ? 0 : 1;
}

/* --- nothing to wait for --------------------------------------------------- */

static void nothing(void)
{
}

static int compute(void)
{
	struct timespec start, now;
	volatile unsigned long state = 1;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		for (int i = 0; i < 1000000; i++)
			state = state * 6364136223846793005u + 1442695040888963407u;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < AFTER_MS / 1000);
	return 0;
}

static const struct way ways[] = {
	{"pipe", make_pipe, read_byte, write_byte},
	{"poll", make_pipe, poll_for_byte, write_byte},
	{"epoll", make_pipe, epoll_for_byte, write_byte},
	{"recv", make_pair, receive_byte, write_byte},
	{"accept", make_listener, accept_one, connect_once},
	{"semaphore", map_semaphore, wait_for_semaphore, post_semaphore},
	{"semaphore-file", map_semaphore_of_file, wait_for_semaphore, post_semaphore},
	{"semaphore-system-v", attach_semaphore, wait_for_semaphore, post_semaphore},
	{"futex", map_word, wait_for_word, set_word},
	{"condition", map_queue, wait_for_queue, fill_queue},
	{"grandchild", make_pipe, wait_for_grandchild, write_byte},
	{"slow", nothing, compute, nothing},
};

static const struct way *choose(const char *mode)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (mode != NULL && strcmp(ways[i].mode, mode) == 0)
			return &ways[i];
	errx(2, "no such mode");
}

static void *idle(void *unused)
{
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

static int fork_children(const struct way *way, int count)
{
	pid_t children[CHILDREN];
	int status = 0;

	for (int i = 0; i < count; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(way->wait());
	}
	poll(NULL, 0, AFTER_MS);
	for (int i = 0; i < count; i++)
		way->end();
	for (int i = 0; i < count; i++)
		status |= reap(children[i]);
	return status;
}

int main(int argc, char **argv)
{
	const struct way *way = choose(argv[1]);
	pthread_t thread;
	int status;

	way->prepare();
	pthread_create(&thread, NULL, idle, NULL);
	pthread_barrier_wait(&taken);
	status = fork_children(way, argc == 3 ? CHILDREN : 1);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
