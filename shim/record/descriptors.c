/*
 * Descriptors are asked what they are here, by a system call, before the first read or write in a
 * process that has made threads, and what came out is remembered until they are closed. Nobody in
 * this process is at the other end of a file, or of a socket of another family but by chance.
 */
#include "record/descriptors.h"
#include "base/process.h"
#include "common/raw.h"
#include "log/log.h"
#include "record/shared_descriptors.h"
#include "state/thread.h"
#include <sys/socket.h>
#include <sys/stat.h>

/* Kinds of key, above 48 bits, that no enum lock_kind has. */
#define KEY(kind)   ((uint64_t)(0x100 | (kind)) << 48)
#define KEY_ANY     KEY(1)
#define KEY_EVENT   KEY(2)
#define KEY_SOCKET  KEY(3)
#define KEY_PIPE    KEY(4)
#define KEY_SIGNAL  KEY(5)
#define KEY_MESSAGE KEY(6)
#define INODE_BITS  48
#define REMEMBERED  1024
/* No key. */
#define ELSEWHERE 1

/* By descriptor, what is known of it: a key, ELSEWHERE, or 0. */
static _Atomic uint64_t keys[REMEMBERED];

static uint64_t remember(int descriptor, uint64_t key)
{
	if (descriptor >= 0 && descriptor < REMEMBERED)
		atomic_store_explicit(&keys[descriptor], key, memory_order_relaxed);
	return key;
}

static uint64_t key_of_socket(int descriptor)
{
	int domain = AF_UNIX;
	socklen_t length = sizeof(domain);

	raw_syscall(SYS_getsockopt, descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length);
	return domain == AF_UNIX ? KEY_SOCKET : ELSEWHERE;
}

/* ELSEWHERE: nobody of this process waits for what is written there. */
COLD static uint64_t ask(int descriptor)
{
	struct stat status;

	if (process.is_filtered)
		return KEY_ANY;
	if (raw_syscall(SYS_fstat, descriptor, &status))
		return ELSEWHERE;
	if (S_ISFIFO(status.st_mode))
		return KEY_PIPE | (hash_mix(status.st_dev, status.st_ino) >> (64 - INODE_BITS));
	if (S_ISSOCK(status.st_mode))
		return key_of_socket(descriptor);
	/* An anonymous inode has no type. */
	return status.st_mode & S_IFMT ? ELSEWHERE : KEY_EVENT;
}

static uint64_t key_of(int descriptor)
{
	uint64_t key = 0;

	if (descriptor >= 0 && descriptor < REMEMBERED)
		key = atomic_load_explicit(&keys[descriptor], memory_order_relaxed);
	return likely(key) ? key : remember(descriptor, ask(descriptor));
}

/* Who is alone has nobody to tell. */
static struct thread *thread_among_others(void)
{
	return thread_generation() > 1 ? thread_known() : NULL;
}

void descriptor_gives(int descriptor)
{
	struct thread *thread = thread_among_others();
	uint64_t key = thread ? key_of(descriptor) : ELSEWHERE;

	if (key == ELSEWHERE)
		return;
	handover_gives(thread, KEY_ANY);
	if (key != KEY_ANY)
		handover_gives(thread, key);
}

void descriptor_awaits(int descriptor)
{
	struct thread *thread = thread_among_others();
	uint64_t key;

	descriptor_read(descriptor);
	key = thread ? key_of(descriptor) : ELSEWHERE;

	if (key != ELSEWHERE)
		handover_awaits(thread, key);
}

void descriptors_awaited(void)
{
	struct thread *thread = thread_among_others();

	if (thread)
		handover_awaits(thread, KEY_ANY);
}

void signal_given(void)
{
	struct thread *thread = thread_among_others();

	if (thread)
		handover_gives(thread, KEY_SIGNAL);
}

void signals_awaited(void)
{
	struct thread *thread = thread_among_others();

	if (thread)
		handover_awaits(thread, KEY_SIGNAL);
}

void messages_exchanged(void)
{
	struct thread *thread = thread_among_others();

	if (!thread)
		return;
	handover_gives(thread, KEY_MESSAGE);
	handover_awaits(thread, KEY_MESSAGE);
}

static void forget_key(int descriptor)
{
	if (descriptor >= 0 && descriptor < REMEMBERED &&
	    atomic_load_explicit(&keys[descriptor], memory_order_relaxed))
		remember(descriptor, 0);
}

void descriptor_forget(int descriptor)
{
	shared_forget(descriptor);
	descriptor_writers_forget(descriptor);
	forget_key(descriptor);
}

void descriptors_forget(void)
{
	descriptor_writers_forget_all();
	for (int i = 0; i < REMEMBERED; i++) {
		shared_forget(i);
		forget_key(i);
	}
}

void descriptor_copied(int from, int to)
{
	shared_copied(from, to);
	descriptor_writers_copied(from, to);
}
