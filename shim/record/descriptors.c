/*
 * Descriptors are asked what they are here, by a system call, before a read or a write in a
 * process that has made threads. Files, and sockets of other families, are remembered: nobody in
 * this process is at their other end but by chance, and most do little else than read and write
 * those.
 */
#include "record/descriptors.h"
#include "base/process.h"
#include "common/raw.h"
#include "log/log.h"
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
#define REMEMBERED  4096

/* One bit each: it leads elsewhere. */
static _Atomic uint64_t elsewhere[REMEMBERED / 64];

static bool is_elsewhere(int descriptor)
{
	return descriptor >= 0 && descriptor < REMEMBERED &&
	       atomic_load_explicit(&elsewhere[descriptor / 64], memory_order_relaxed) >>
			       descriptor % 64 &
		       1;
}

static uint64_t remember(int descriptor)
{
	if (descriptor >= 0 && descriptor < REMEMBERED)
		atomic_fetch_or(&elsewhere[descriptor / 64], UINT64_C(1) << descriptor % 64);
	return 0;
}

static uint64_t key_of_socket(int descriptor)
{
	int domain = AF_UNIX;
	socklen_t length = sizeof(domain);

	raw_syscall(SYS_getsockopt, descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length);
	return domain == AF_UNIX ? KEY_SOCKET : remember(descriptor);
}

/* 0: nobody of this process waits for what is written there. */
static uint64_t key_of(int descriptor)
{
	struct stat status;

	if (process.is_filtered)
		return KEY_ANY;
	if (raw_syscall(SYS_fstat, descriptor, &status))
		return 0;
	if (S_ISFIFO(status.st_mode))
		return KEY_PIPE | (hash_mix(status.st_dev, status.st_ino) >> (64 - INODE_BITS));
	if (S_ISSOCK(status.st_mode))
		return key_of_socket(descriptor);
	/* An anonymous inode has no type. */
	return status.st_mode & S_IFMT ? remember(descriptor) : KEY_EVENT;
}

/* Who is alone has nobody to tell. */
static struct thread *thread_among_others(void)
{
	return thread_generation() > 1 ? thread_known() : NULL;
}

COLD static void give(struct thread *thread, int descriptor)
{
	uint64_t key = key_of(descriptor);

	if (!key)
		return;
	handover_gives(thread, KEY_ANY);
	if (key != KEY_ANY)
		handover_gives(thread, key);
}

void descriptor_gives(int descriptor)
{
	struct thread *thread = thread_among_others();

	if (thread && !is_elsewhere(descriptor))
		give(thread, descriptor);
}

COLD static void await(struct thread *thread, int descriptor)
{
	uint64_t key = key_of(descriptor);

	if (key)
		handover_awaits(thread, key);
}

void descriptor_awaits(int descriptor)
{
	struct thread *thread = thread_among_others();

	if (thread && !is_elsewhere(descriptor))
		await(thread, descriptor);
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

void descriptor_forget(int descriptor)
{
	if (is_elsewhere(descriptor))
		atomic_fetch_and(&elsewhere[descriptor / 64], ~(UINT64_C(1) << descriptor % 64));
}

void descriptors_forget(void)
{
	for (uint32_t i = 0; i < REMEMBERED / 64; i++)
		if (atomic_load_explicit(&elsewhere[i], memory_order_relaxed))
			atomic_store_explicit(&elsewhere[i], 0, memory_order_relaxed);
}
