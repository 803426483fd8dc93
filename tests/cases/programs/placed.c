/*
 * placed WHERE: a child waits for a latch that only a lost thread would open. WHERE it is, with a
 * name (static, inside), without one (stack, heap, local, mapped) or in a file that is mapped
 * (file): a report must say it. Nobody has ever used that latch before.
 */
#include "case.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/mman.h>

/* As a lock of C++ or Rust has it: the word is a part of a larger thing. */
struct latch {
	long waiters;
	atomic_int is_open;
};

static atomic_int state;
static struct latch guarded;
static _Thread_local struct latch own;
static atomic_int *_Atomic requested;

static void open_latch(atomic_int *word)
{
	atomic_store(word, 1);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *serve(void *unused)
{
	for (;;) {
		atomic_int *word = atomic_exchange(&requested, NULL);

		if (word != NULL)
			open_latch(word);
		poll(NULL, 0, 1);
	}
	return NULL;
}

static void start_server(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, serve, NULL); /* CREATE */
	pthread_setname_np(thread, "server");
}

static void wait_until_open(atomic_int *word)
{
	atomic_store(&requested, word);
	while (atomic_load(word) == 0)
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0); /* WAIT */
}

static atomic_int *map_file(const char *path)
{
	int file = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	void *memory;

	if (file < 0 || ftruncate(file, 4096) != 0)
		err(1, "%s", path);
	unlink(path);
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	close(file);
	return memory == MAP_FAILED ? NULL : memory;
}

static atomic_int *map_memory(void)
{
	void *memory =
		mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static atomic_int *choose(const char *where)
{
	if (strcmp(where, "static") == 0)
		return &state;
	if (strcmp(where, "inside") == 0)
		return &guarded.is_open;
	if (strcmp(where, "local") == 0)
		return &own.is_open;
	if (strcmp(where, "heap") == 0)
		return calloc(1, sizeof(struct latch));
	return strcmp(where, "mapped") == 0 ? map_memory() : map_file("placed.data");
}

static int work(const char *where, atomic_int *in_main)
{
	wait_until_open(strcmp(where, "stack") == 0 ? in_main : choose(where)); /* USE */
	return 0;
}

int main(int argc, char **argv)
{
	struct latch latch = {0};
	pid_t child;

	start_server(); /* START */
	child = fork(); /* FORK */
	if (child == 0)
		_exit(work(argc > 1 ? argv[1] : "static", &latch.is_open)); /* CHILD */
	return reap_within(child, CASE_PATIENCE);
}
