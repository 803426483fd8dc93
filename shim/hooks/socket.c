/*
 * The hooks of send() and its kin count them, in a child without its parent's threads: one that
 * waits with time limits and sends in between does its work. /proc counts reads and writes, and
 * not these. They note whether two processes send on one connection, too. They are
 * async-signal-safe; cancellation points are jumped to.
 */
#include "base/process.h"
#include "base/real.h"
#include "hooks/moving.h"
#include "record/descriptors.h"
#include "record/ownerless.h"
#include "record/private_facts.h"
#include <sys/socket.h>

static inline void socket_note(int descriptor, size_t length, const void *site)
{
	real_ensure();
	descriptor_writes(descriptor, site);
	if (likely(!process.inherits))
		return;
	facts_note_sent();
	facts_note_written(descriptor, length, object_use(site));
}

#define SENDS(length) socket_note(fd, length, __builtin_return_address(0))

MOVING_FUNCTION(SENDS(length), SHARED_WRITES, true, ssize_t, send,
		(int fd, const void *from, size_t length, int flags), (fd, from, length, flags))
MOVING_FUNCTION(SENDS(length), SHARED_WRITES, true, ssize_t, sendto,
		(int fd, const void *from, size_t length, int flags, const struct sockaddr *to,
		 socklen_t to_length),
		(fd, from, length, flags, to, to_length))
MOVING_FUNCTION(SENDS(HANDED_BYTES + 1), SHARED_WRITES, true, ssize_t, sendmsg,
		(int fd, const struct msghdr *message, int flags), (fd, message, flags))
MOVING_FUNCTION(SENDS(HANDED_BYTES + 1), SHARED_WRITES, true, int, sendmmsg,
		(int fd, struct mmsghdr *messages, unsigned count, int flags),
		(fd, messages, count, flags))
