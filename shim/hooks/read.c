/*
 * The hooks of reads and of waits for descriptors note that a thread may be told something by
 * another one; those that close a descriptor, that its number is free. They are async-signal-safe,
 * and jump to the real function: most are cancellation points.
 */
#include "base/real.h"
#include "record/descriptors.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
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

DESCRIPTOR_FUNCTION(descriptor_awaits(fd), ssize_t, read, (int fd, void *to, size_t length),
		    (fd, to, length))
DESCRIPTOR_FUNCTION(descriptor_awaits(fd), ssize_t, readv,
		    (int fd, const struct iovec *to, int count), (fd, to, count))
DESCRIPTOR_FUNCTION(descriptor_awaits(fd), ssize_t, recv,
		    (int fd, void *to, size_t length, int flags), (fd, to, length, flags))
DESCRIPTOR_FUNCTION(descriptor_awaits(fd), ssize_t, recvfrom,
		    (int fd, void *to, size_t length, int flags, struct sockaddr *from,
		     socklen_t *from_length),
		    (fd, to, length, flags, from, from_length))
DESCRIPTOR_FUNCTION(descriptor_awaits(fd), ssize_t, recvmsg,
		    (int fd, struct msghdr *message, int flags), (fd, message, flags))
DESCRIPTOR_FUNCTION(descriptor_awaits(fd), int, eventfd_read, (int fd, eventfd_t *value),
		    (fd, value))
DESCRIPTOR_FUNCTION(descriptor_gives(fd), int, eventfd_write, (int fd, eventfd_t value),
		    (fd, value))
DESCRIPTOR_FUNCTION(descriptor_gives(fd), ssize_t, writev,
		    (int fd, const struct iovec *from, int count), (fd, from, count))
DESCRIPTOR_FUNCTION(descriptors_awaited(), int, epoll_wait,
		    (int fd, struct epoll_event *events, int most, int limit),
		    (fd, events, most, limit))
DESCRIPTOR_FUNCTION(descriptors_awaited(), int, epoll_pwait,
		    (int fd, struct epoll_event *events, int most, int limit, const sigset_t *mask),
		    (fd, events, most, limit, mask))
/* Who waits at the other end is told that there is nothing more. */
DESCRIPTOR_FUNCTION(descriptor_gives(fd), int, shutdown, (int fd, int how), (fd, how))
DESCRIPTOR_FUNCTION((descriptor_gives(fd), descriptor_forget(fd)), int, close, (int fd), (fd))
DESCRIPTOR_FUNCTION(descriptor_forget(fd), int, dup2, (int from, int fd), (from, fd))
DESCRIPTOR_FUNCTION(descriptor_forget(fd), int, dup3, (int from, int fd, int flags),
		    (from, fd, flags))

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
