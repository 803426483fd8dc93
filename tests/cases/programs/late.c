/*
 * late OBJECT [alone]: a worker of a server waits for jobs in memory that nobody else has
 * mapped, and that can be had all the same: by its name, its key, its id, or a descriptor. A
 * client comes three seconds later, and gives it one. "alone": the server has no thread, and
 * waits for its worker.
 *
 *   semaphore  a named one
 *   posix      shared memory by shm_open()
 *   file       an ordinary file
 *   linked     a file whose first name is gone, and that has another in another folder
 *   open       a file without a name, of which the server has a descriptor
 *   system-v   a segment by its key
 *   removed    a segment that is marked to be removed, by its id
 *   memfd      a descriptor that is on its way through a socket
 */
#include "case.h"
#include <fcntl.h>
#include <semaphore.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#define LATE_MS 3000

extern char **environ;

struct office {
	sem_t jobs;
};

static char name[64];  /* of the file, the semaphore */
static int key;        /* of the segment */
static int descriptor; /* of the file or the memfd, or an id */
static int ends[2];
static sem_t *jobs;

static struct office *map(int file)
{
	struct office *office =
		mmap(NULL, sizeof(*office), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	if (office == MAP_FAILED)
		err(2, "mmap");
	return office;
}

static struct office *attach(int id)
{
	struct office *office = shmat(id, NULL, 0);

	if (office == (void *)-1)
		err(2, "shmat");
	return office;
}

static int must(int result, const char *what)
{
	if (result < 0)
		err(2, "%s", what);
	return result;
}

static int make_file(const char *path)
{
	int file = must(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), path);

	must(ftruncate(file, sizeof(struct office)), "ftruncate");
	return file;
}

static void send_descriptor(int file)
{
	char space[CMSG_SPACE(sizeof(file))] = {0}, byte = 0;
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = space,
				 .msg_controllen = sizeof(space)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(file));
	memcpy(CMSG_DATA(header), &file, sizeof(file));
	must((int)sendmsg(ends[1], &message, 0), "sendmsg");
}

static int receive_descriptor(void)
{
	char space[CMSG_SPACE(sizeof(int))] = {0}, byte;
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = space,
				 .msg_controllen = sizeof(space)};
	int file;

	must((int)recvmsg(ends[0], &message, 0), "recvmsg");
	memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(file));
	return file;
}

/* --- by the server ------------------------------------------------------------------ */

static int make_linked(void)
{
	char there[80];
	int file = make_file("first");

	snprintf(there, sizeof(there), "elsewhere%s", name);
	must(mkdir("elsewhere", 0700), "mkdir");
	must(link("first", there), "link");
	must(unlink("first"), "unlink");
	return file;
}

static int make_open(void)
{
	int file = make_file("first");

	must(unlink("first"), "unlink");
	descriptor = dup(file);
	return file;
}

static int make_memfd(void)
{
	int file = must(memfd_create("office", MFD_CLOEXEC), "memfd_create");

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
	must(ftruncate(file, sizeof(struct office)), "ftruncate");
	send_descriptor(file);
	return file;
}

static struct office *make(const char *object)
{
	struct office *office;
	int file;

	if (strcmp(object, "system-v") == 0 || strcmp(object, "removed") == 0) {
		int is_named = strcmp(object, "system-v") == 0;

		descriptor = must(
			shmget(is_named ? key : IPC_PRIVATE, sizeof(*office), IPC_CREAT | 0600),
			"shmget");
		office = attach(descriptor);
		if (!is_named)
			must(shmctl(descriptor, IPC_RMID, NULL), "shmctl");
		return office;
	}
	if (strcmp(object, "posix") == 0)
		file = must(shm_open(name, O_RDWR | O_CREAT, 0600), "shm_open");
	else if (strcmp(object, "linked") == 0)
		file = make_linked();
	else if (strcmp(object, "open") == 0)
		file = make_open();
	else if (strcmp(object, "memfd") == 0)
		file = make_memfd();
	else
		file = make_file(name + 1);
	must(ftruncate(file, sizeof(*office)), "ftruncate");
	office = map(file);
	close(file);
	return office;
}

static sem_t *make_jobs(const char *object)
{
	struct office *office;

	if (strcmp(object, "semaphore") == 0)
		return sem_open(name, O_CREAT, 0600, 0);
	office = make(object);
	sem_init(&office->jobs, 1, 0);
	return &office->jobs;
}

static void leave(const char *object)
{
	if (strcmp(object, "semaphore") == 0)
		sem_close(jobs);
	else if (strcmp(object, "system-v") == 0 || strcmp(object, "removed") == 0)
		shmdt(jobs);
	else
		munmap(jobs, sizeof(struct office));
}

/* --- by the worker --------------------------------------------------------------------- */

static int work(void)
{
	while (sem_wait(jobs) != 0) /* WAIT */
		;
	return 0;
}

/* --- by the client ---------------------------------------------------------------------- */

static sem_t *find_jobs(const char *object)
{
	char there[80];

	if (strcmp(object, "semaphore") == 0)
		return sem_open(name, 0);
	if (strcmp(object, "posix") == 0)
		return &map(shm_open(name, O_RDWR, 0))->jobs;
	if (strcmp(object, "system-v") == 0)
		return &attach(shmget(key, 0, 0))->jobs;
	if (strcmp(object, "removed") == 0)
		return &attach(descriptor)->jobs;
	if (strcmp(object, "memfd") == 0)
		return &map(receive_descriptor())->jobs;
	if (strcmp(object, "open") == 0)
		return &map(descriptor)->jobs;
	snprintf(there, sizeof(there), "elsewhere%s", name);
	return &map(open(strcmp(object, "linked") == 0 ? there : name + 1, O_RDWR))->jobs;
}

static int be_client(char **argv)
{
	descriptor = atoi(argv[3]);
	ends[0] = atoi(argv[4]);
	poll(NULL, 0, LATE_MS);
	return sem_post(find_jobs(argv[2]));
}

static pid_t start_client(const char *program, const char *object)
{
	char number[16], end[16];
	char *const arguments[] = {(char *)program, "client", (char *)object, number, end, NULL};
	pid_t client;

	snprintf(number, sizeof(number), "%d", descriptor);
	snprintf(end, sizeof(end), "%d", ends[0]);
	if (posix_spawnp(&client, program, NULL, NULL, arguments, environ) != 0)
		err(2, "posix_spawn");
	return client;
}

/* ---------------------------------------------------------------------------------------- */

/* Processes of other PID namespaces may have the same number. */
static void make_name(void)
{
	struct timespec now;
	char text[16];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "%d", (int)(now.tv_nsec ^ getpid()) | 1);
	setenv("LATE", text, 0);
	key = atoi(getenv("LATE"));
	snprintf(name, sizeof(name), "/late.%d", key);
}

/* One that the worker does not have gave the first job. */
static void *give(void *unused)
{
	sem_post(jobs);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

static void clean_up(const char *object)
{
	if (strcmp(object, "semaphore") == 0)
		sem_unlink(name);
	if (strcmp(object, "posix") == 0)
		shm_unlink(name);
	if (strcmp(object, "system-v") == 0)
		shmctl(descriptor, IPC_RMID, NULL);
}

static int serve(char **argv)
{
	pid_t client = start_client(argv[0], argv[1]);
	pid_t worker = fork();
	int status, failed;

	if (worker == 0)
		_exit(work());
	if (argv[2] == NULL)
		leave(argv[1]);
	waitpid(worker, &status, 0);
	failed = status != 0 || reap(client) != 0;
	clean_up(argv[1]);
	return failed;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status;

	if (argc < 2)
		errx(2, "usage: late OBJECT [alone]");
	make_name();
	if (mode_is(argv, "client"))
		return be_client(argv);
	jobs = make_jobs(argv[1]);
	if (argc > 2)
		return serve(argv);
	pthread_create(&thread, NULL, give, NULL);
	pthread_barrier_wait(&taken);
	sem_wait(jobs);
	status = serve(argv);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
