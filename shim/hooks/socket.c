/*
 * The hooks of send() and its kin only count them, in a child without its parent's threads:
 * one that waits with time limits and sends in between does its work. /proc counts reads and
 * writes, and not these. They are async-signal-safe; cancellation points are jumped to.
 */
#include "base/process.h"
#include "base/real.h"
#include "record/descriptors.h"
#include "record/ownerless.h"
#include "record/private_facts.h"
#include <sys/socket.h>

REAL(ssize_t, send, (int, const void *, size_t, int));
REAL(ssize_t, sendto, (int, const void *, size_t, int, const struct sockaddr *, socklen_t));
REAL(ssize_t, sendmsg, (int, const struct msghdr *, int));
REAL(int, sendmmsg, (int, struct mmsghdr *, unsigned, int));

static inline void socket_note(int descriptor, size_t length, const void *site)
{
	real_ensure();
	descriptor_gives(descriptor);
	if (likely(!process.inherits))
		return;
	facts_note_sent();
	facts_note_written(descriptor, length, object_use(site));
}

EXPORT ssize_t send(int descriptor, const void *from, size_t length, int flags)
{
	socket_note(descriptor, length, __builtin_return_address(0));
	return real_send(descriptor, from, length, flags);
}

EXPORT ssize_t sendto(int descriptor, const void *from, size_t length, int flags,
		      const struct sockaddr *to, socklen_t to_length)
{
	socket_note(descriptor, length, __builtin_return_address(0));
	return real_sendto(descriptor, from, length, flags, to, to_length);
}

EXPORT ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags)
{
	socket_note(descriptor, HANDED_BYTES + 1, __builtin_return_address(0));
	return real_sendmsg(descriptor, message, flags);
}

EXPORT int sendmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags)
{
	socket_note(descriptor, HANDED_BYTES + 1, __builtin_return_address(0));
	return real_sendmmsg(descriptor, messages, count, flags);
}
