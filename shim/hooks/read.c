/*
 * The hooks of reads and of waits for descriptors note that a thread may be told something by
 * another one; those that close a descriptor, that its number is free. They are async-signal-safe,
 * and jump to the real function: most are cancellation points.
 */
#include "base/real.h"
#include "hooks/moving.h"
#include "record/descriptors.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define DESCRIPTOR_FUNCTION(note, result, name, parameters, arguments)                             \
	REAL(result, name, parameters);                                                            \
	EXPORT result name parameters                                                              \
	{                                                                                          \
		real_ensure();                                                                     \
		note;                                                                              \
		return real_##name arguments;                                                      \
	}

#define WRITES() descriptor_writes(fd, __builtin_return_address(0))

/* A look at what is there takes nothing away. */
#define TAKES(flags) (!((flags) & (MSG_PEEK | MSG_ERRQUEUE)))

MOVING_FUNCTION(descriptor_awaits(fd), SHARED_READS, true, ssize_t, read,
		(int fd, void *to, size_t length), (fd, to, length))
MOVING_FUNCTION(descriptor_awaits(fd), SHARED_READS, true, ssize_t, readv,
		(int fd, const struct iovec *to, int count), (fd, to, count))
MOVING_FUNCTION(descriptor_awaits(fd), SHARED_READS, TAKES(flags), ssize_t, recv,
		(int fd, void *to, size_t length, int flags), (fd, to, length, flags))
MOVING_FUNCTION(descriptor_awaits(fd), SHARED_READS, TAKES(flags), ssize_t, recvfrom,
		(int fd, void *to, size_t length, int flags, struct sockaddr *from,
		 socklen_t *from_length),
		(fd, to, length, flags, from, from_length))
MOVING_FUNCTION(descriptor_awaits(fd), SHARED_READS, TAKES(flags), ssize_t, recvmsg,
		(int fd, struct msghdr *message, int flags), (fd, message, flags))
MOVING_FUNCTION(descriptor_awaits(fd), SHARED_READS, TAKES(flags), int, recvmmsg,
		(int fd, struct mmsghdr *messages, unsigned count, int flags,
		 struct timespec *limit),
		(fd, messages, count, flags, limit))

/* What programs call that are compiled with checks of their buffers. */
ssize_t __read_chk(int fd, void *to, size_t length, size_t room);
ssize_t __recv_chk(int fd, void *to, size_t length, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *to, size_t length, size_t room, int flags,
		       struct sockaddr *from, socklen_t *from_length);

MOVING_FUNCTION(descriptor_awaits(fd), SHARED_READS, true, ssize_t, __read_chk,
		(int fd, void *to, size_t length, size_t room), (fd, to, length, room))
MOVING_FUNCTION(descriptor_awaits(fd), SHARED_READS, TAKES(flags), ssize_t, __recv_chk,
		(int fd, void *to, size_t length, size_t room, int flags),
		(fd, to, length, room, flags))
MOVING_FUNCTION(descriptor_awaits(fd), SHARED_READS, TAKES(flags), ssize_t, __recvfrom_chk,
		(int fd, void *to, size_t length, size_t room, int flags, struct sockaddr *from,
		 socklen_t *from_length),
		(fd, to, length, room, flags, from, from_length))
DESCRIPTOR_FUNCTION(descriptor_awaits(fd), int, eventfd_read, (int fd, eventfd_t *value),
		    (fd, value))
DESCRIPTOR_FUNCTION(WRITES(), int, eventfd_write, (int fd, eventfd_t value), (fd, value))
MOVING_FUNCTION(WRITES(), SHARED_WRITES, true, ssize_t, writev,
		(int fd, const struct iovec *from, int count), (fd, from, count))
/* Without an offset, what a pipe or a socket takes, too. */
MOVING_FUNCTION(WRITES(), SHARED_WRITES, true, ssize_t, pwritev2,
		(int fd, const struct iovec *from, int count, off_t offset, int flags),
		(fd, from, count, offset, flags))
MOVING_FUNCTION(WRITES(), SHARED_WRITES, true, ssize_t, pwritev64v2,
		(int fd, const struct iovec *from, int count, off64_t offset, int flags),
		(fd, from, count, offset, flags))
MOVING_FUNCTION(WRITES(), SHARED_WRITES, true, ssize_t, sendfile,
		(int fd, int from, off_t *offset, size_t count), (fd, from, offset, count))
MOVING_FUNCTION(WRITES(), SHARED_WRITES, true, ssize_t, sendfile64,
		(int fd, int from, off_t *offset, size_t count), (fd, from, offset, count))
EPOLL_FUNCTION(descriptors_awaited(), REAL, epoll_wait,
	       (int fd, struct epoll_event *events, int most, int limit), (fd, events, most, limit))
EPOLL_FUNCTION(descriptors_awaited(), REAL, epoll_pwait,
	       (int fd, struct epoll_event *events, int most, int limit, const sigset_t *mask),
	       (fd, events, most, limit, mask))
/* Who waits at the other end is told that there is nothing more. */
DESCRIPTOR_FUNCTION(descriptor_gives(fd), int, shutdown, (int fd, int how), (fd, how))
DESCRIPTOR_FUNCTION((descriptor_gives(fd), descriptor_forget(fd)), int, close, (int fd), (fd))

#define COPYING_FUNCTION(name, parameters, arguments)                                              \
	REAL(int, name, parameters);                                                               \
	EXPORT int name parameters                                                                 \
	{                                                                                          \
		int result;                                                                        \
                                                                                                   \
		real_ensure();                                                                     \
		if (from != fd)                                                                    \
			descriptor_forget(fd);                                                     \
		result = real_##name arguments;                                                    \
		if (result >= 0)                                                                   \
			descriptor_copied(from, fd);                                               \
		return result;                                                                     \
	}

COPYING_FUNCTION(dup2, (int from, int fd), (from, fd))
COPYING_FUNCTION(dup3, (int from, int fd, int flags), (from, fd, flags))

/* glibc 2.34. */
REAL_IF_THERE(int, close_range, (unsigned, unsigned, int));

EXPORT int close_range(unsigned first, unsigned last, int flags)
{
	real_ensure();
	descriptors_forget();
	if (real_close_range)
		return real_close_range(first, last, flags);
	errno = ENOSYS;
	return -1;
}

/*
 * What may have either end in this process. Its number may have been a file's before, which libc
 * closed by a name of its own, or the program by a call of its own.
 */
#define ENDS_FUNCTION(ends, name, parameters, arguments)                                           \
	REAL(int, name, parameters);                                                               \
	EXPORT int name parameters                                                                 \
	{                                                                                          \
		int result;                                                                        \
                                                                                                   \
		real_ensure();                                                                     \
		result = real_##name arguments;                                                    \
		if (result == 0) {                                                                 \
			descriptor_forget((ends)[0]);                                              \
			descriptor_forget((ends)[1]);                                              \
		}                                                                                  \
		return result;                                                                     \
	}

ENDS_FUNCTION(ends, pipe, (int ends[2]), (ends))
ENDS_FUNCTION(ends, pipe2, (int ends[2], int flags), (ends, flags))
ENDS_FUNCTION(ends, socketpair, (int domain, int type, int protocol, int ends[2]),
	      (domain, type, protocol, ends))

REAL(int, eventfd, (unsigned, int));

EXPORT int eventfd(unsigned value, int flags)
{
	int result;

	real_ensure();
	result = real_eventfd(value, flags);
	descriptor_forget(result);
	return result;
}
