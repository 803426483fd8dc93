/*
 * The hooks of connect(), accept() and of what makes epoll sets and timers note what a descriptor
 * leads to, for the case that a fork gives it to two processes. They are async-signal-safe.
 * A connection that is still being made counts as made.
 */
#include "base/real.h"
#include "record/descriptors.h"
#include "record/shared_descriptors.h"
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

REAL(int, connect, (int, const struct sockaddr *, socklen_t));

EXPORT int connect(int fd, const struct sockaddr *to, socklen_t length)
{
	int result;

	real_ensure();
	result = real_connect(fd, to, length);
	if (result == 0 || errno == EINPROGRESS)
		shared_connected(fd);
	return result;
}

#define MAKING_FUNCTION(note, name, parameters, arguments)                                         \
	REAL(int, name, parameters);                                                               \
	EXPORT int name parameters                                                                 \
	{                                                                                          \
		int fd;                                                                            \
                                                                                                   \
		real_ensure();                                                                     \
		fd = real_##name arguments;                                                        \
		if (fd >= 0) {                                                                     \
			descriptor_forget(fd);                                                     \
			note;                                                                      \
		}                                                                                  \
		return fd;                                                                         \
	}

MAKING_FUNCTION(shared_accepted(fd), accept, (int on, struct sockaddr *from, socklen_t *length),
		(on, from, length))
MAKING_FUNCTION(shared_accepted(fd), accept4,
		(int on, struct sockaddr *from, socklen_t *length, int flags),
		(on, from, length, flags))
MAKING_FUNCTION(shared_made(fd, SHARED_EPOLL), epoll_create, (int size), (size))
MAKING_FUNCTION(shared_made(fd, SHARED_EPOLL), epoll_create1, (int flags), (flags))
MAKING_FUNCTION(shared_made(fd, SHARED_TIMER), timerfd_create, (int clock, int flags),
		(clock, flags))
