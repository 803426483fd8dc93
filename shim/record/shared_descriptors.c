/*
 * What descriptors lead to is kept here from the moment it is made, and a SHARED_USE record is
 * written when it is used after a fork. A number that was closed unseen is known by the inode of
 * the socket behind it, or by the call that works on nothing else. Any thread may come here, and a
 * signal handler.
 */
#include "record/shared_descriptors.h"
#include "common/raw.h"
#include "log/log.h"
#include "record/copied.h"
#include "record/python_frames.h"
#include "state/capture.h"
#include "state/thread.h"
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

/* A server may fork a million times: the first children of a line say it all. */
#define SAMPLES 8

struct shared_descriptor shared_descriptors[SHARED_DESCRIPTORS];

IN_CHILD void shared_in_child(void)
{
	/* Its birth: whoever used something since then did so after this fork. */
	atomic_store_explicit(&process.forked_ns, process.birth_ns ? process.birth_ns : 2,
			      memory_order_relaxed);
}

void shared_in_parent(void)
{
	atomic_store_explicit(&process.forked_ns, time_now(), memory_order_relaxed);
}

/* --- what is made -------------------------------------------------------------- */

static struct shared_descriptor *shared_at(int descriptor)
{
	return descriptor >= 0 && descriptor < SHARED_DESCRIPTORS ? &shared_descriptors[descriptor]
								  : NULL;
}

void shared_forget(int descriptor)
{
	struct shared_descriptor *known = shared_at(descriptor);

	/* What a vfork child closes, before its exec, is still its parent's. */
	if (known && atomic_load_explicit(&known->identity, memory_order_relaxed) &&
	    process_is_own())
		atomic_store(&known->identity, 0);
}

/* 0: it is no socket that carries a stream, or may not be asked. */
static uint64_t stream_inode(int descriptor)
{
	int type = 0;
	socklen_t length = sizeof(type);
	struct stat status;

	if (process.is_filtered || raw_syscall(SYS_fstat, descriptor, &status) ||
	    !S_ISSOCK(status.st_mode) ||
	    raw_syscall(SYS_getsockopt, descriptor, SOL_SOCKET, SO_TYPE, &type, &length))
		return 0;
	return type == SOCK_STREAM ? status.st_ino : 0;
}

/* What was made since the last fork is nobody else's. */
static void shared_fill(struct shared_descriptor *known, enum shared_kind kind, uint64_t inode,
			struct thread *thread)
{
	uint64_t since = atomic_load(&process.forked_ns);

	atomic_store(&known->identity, 0);
	known->inode = inode;
	known->kind = kind;
	atomic_store(&known->tried_by, 0);
	known->made = thread ? capture_keep(thread) : 0;
	known->made_python = thread ? python_capture(thread, thread->capture_sp) : 0;
	for (enum shared_way way = SHARED_READS; way < SHARED_WAYS; way++) {
		atomic_store(&known->notes[way].since, since);
		atomic_store(&known->notes[way].record, 0);
	}
	atomic_store(&known->identity, copied_identity());
}

static void shared_open(int descriptor, enum shared_kind kind, bool has_place)
{
	struct shared_descriptor *known = shared_at(descriptor);
	int saved = errno;
	struct thread *thread = known && process.active ? thread_current() : NULL;
	uint64_t inode = 0;

	if (!thread)
		return;
	if (kind == SHARED_SOCKET)
		inode = stream_inode(descriptor);
	if (kind == SHARED_SOCKET && !inode)
		shared_forget(descriptor);
	else
		shared_fill(known, kind, inode, has_place ? thread : NULL);
	errno = saved;
}

void shared_connected(int descriptor)
{
	shared_open(descriptor, SHARED_SOCKET, true);
}

/* All of a server's come from one line, and there are many. */
void shared_accepted(int descriptor)
{
	shared_open(descriptor, SHARED_SOCKET, false);
}

void shared_made(int descriptor, enum shared_kind kind)
{
	shared_open(descriptor, kind, true);
}

void shared_copied(int from, int to)
{
	const struct shared_descriptor *known = shared_at(from);
	struct shared_descriptor *copy = shared_at(to);
	uint64_t identity = known ? atomic_load(&known->identity) : 0;

	if (from == to || !copy)
		return;
	shared_forget(to);
	if (!identity || !process_is_own())
		return;
	copy->inode = known->inode;
	copy->kind = known->kind;
	copy->made = known->made;
	copy->made_python = known->made_python;
	for (enum shared_way way = SHARED_READS; way < SHARED_WAYS; way++) {
		atomic_store(&copy->notes[way].since, atomic_load(&known->notes[way].since));
		atomic_store(&copy->notes[way].record, atomic_load(&known->notes[way].record));
	}
	atomic_store(&copy->identity, identity);
}

/* --- what is used -------------------------------------------------------------- */

/* The number may be another's by now, which was made unseen. */
static bool is_the_same(const struct shared_descriptor *known, int descriptor, bool is_epoll)
{
	struct itimerspec left;

	if (process.is_filtered)
		return false;
	if (known->kind == SHARED_SOCKET)
		return !is_epoll && stream_inode(descriptor) == known->inode;
	if (known->kind == SHARED_TIMER)
		return raw_syscall(SYS_timerfd_gettime, descriptor, &left) == 0;
	return is_epoll == (known->kind == SHARED_EPOLL);
}

static struct record_shared_use *own_record(const struct shared_notes *notes)
{
	uint64_t word = atomic_load_explicit(&notes->record, memory_order_relaxed);

	return word >> 32 == process.serial && (session_reference)word
		       ? log_record((session_reference)word)
		       : NULL;
}

static bool shared_is_enough(int descriptor, enum shared_way way, struct intern_place *place,
			     session_reference *known)
{
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_SHARED_USE), process.image);

	hash = hash_mix(hash_mix(hash, kept_identity(process.born_by)), way);
	*known = log_find(hash_mix(hash, (uint64_t)descriptor), place);
	return *known && atomic_load(&((struct record *)log_record(*known))->count) > SAMPLES;
}

static void fill_peer(struct record_shared_use *record, const void *peer, uint32_t length)
{
	record->peer_length = length;
	memcpy(record->peer, peer, length);
}

static uint32_t shared_peer(int descriptor, struct sockaddr_storage *peer)
{
	socklen_t length = sizeof(*peer);

	if (raw_syscall(SYS_getpeername, descriptor, peer, &length) || length > sizeof(*peer))
		return 0;
	return length;
}

static session_reference shared_append(struct thread *thread, int descriptor, enum shared_way way,
				       uint64_t since)
{
	const struct shared_descriptor *known = &shared_descriptors[descriptor];
	session_reference who = thread_record(thread), stack = capture_stack(thread);
	session_reference python = kept_reference(python_capture(thread, thread->capture_sp));
	session_reference made = kept_reference(known->made), reference;
	session_reference made_python = kept_reference(known->made_python);
	struct sockaddr_storage peer;
	uint32_t length = known->kind == SHARED_SOCKET ? shared_peer(descriptor, &peer) : 0;
	struct record_shared_use *record = log_claim(sizeof(*record) + length, &reference);

	if (!record)
		return 0;
	record->identity = atomic_load(&known->identity);
	record->since_ns = since;
	atomic_store(&record->last_ns, time_coarse());
	record->kind = known->kind;
	record->way = way;
	record->descriptor = descriptor;
	record->tid = thread_kernel_tid(thread);
	record->thread = who;
	record->stack = stack;
	record->python = python;
	atomic_store(&record->is_read, atomic_load(&known->tried_by) == process.serial);
	record->made = made;
	record->made_python = made_python;
	fill_peer(record, &peer, length);
	log_commit(record, RECORD_SHARED_USE);
	return reference;
}

/* Where there are enough, the last one that this process wrote still learns of later uses. */
static void shared_note(struct thread *thread, int descriptor, enum shared_way way, uint64_t since)
{
	struct shared_notes *notes = &shared_descriptors[descriptor].notes[way];
	struct record_shared_use *own = own_record(notes);
	struct intern_place place;
	session_reference known, reference;

	if (shared_is_enough(descriptor, way, &place, &known)) {
		if (own)
			atomic_store(&own->last_ns, time_coarse());
		else
			atomic_store(&notes->record, 0);
		return;
	}
	reference = shared_append(thread, descriptor, way, since);
	if (reference && !known)
		log_publish(&place, reference);
	atomic_store(&notes->record, reference ? (uint64_t)process.serial << 32 | reference : 0);
}

COLD void shared_tried(int descriptor, enum shared_way way)
{
	struct shared_descriptor *known = &shared_descriptors[descriptor];
	struct record_shared_use *writes = own_record(&known->notes[SHARED_WRITES]);

	if (way != SHARED_READS)
		return;
	atomic_store(&known->tried_by, process.serial);
	if (writes)
		atomic_store(&writes->is_read, 1);
}

COLD void shared_used(int descriptor, enum shared_way way, bool is_epoll, uint64_t since)
{
	struct shared_descriptor *known = &shared_descriptors[descriptor];
	struct shared_notes *notes = &known->notes[way];
	struct record_shared_use *own = own_record(notes);
	int saved = errno;
	struct thread *thread;

	if (likely(own && atomic_load(&notes->since) == since)) {
		atomic_store_explicit(&own->last_ns, time_coarse(), memory_order_relaxed);
		return;
	}
	thread = thread_current();
	/* A vfork child has its parent's table; a child may have learnt just now that it is one. */
	if (!thread || !process_is_own() || since != atomic_load(&process.forked_ns)) {
		errno = saved;
		return;
	}
	if (is_the_same(known, descriptor, is_epoll)) {
		shared_note(thread, descriptor, way, since);
		atomic_store(&notes->since, since);
	} else {
		shared_forget(descriptor);
	}
	errno = saved;
}
