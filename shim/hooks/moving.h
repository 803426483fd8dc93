/*
 * The macros that make the wrappers of what moves bytes on a descriptor, or draws events from it.
 * They jump to the real function. Where two processes may have the descriptor, and only there, they
 * stay to see whether anything came of it.
 */
#ifndef FORKCHECK_HOOKS_MOVING_H
#define FORKCHECK_HOOKS_MOVING_H

#include "base/real.h"
#include "record/shared_descriptors.h"

#define WATCHED_FUNCTION(note, way, is_epoll, counts, result, name, parameters, arguments)         \
	static COLD result name##_watched parameters                                               \
	{                                                                                          \
		uint64_t since = atomic_load(&process.forked_ns);                                  \
		result moved = real_##name arguments;                                              \
                                                                                                   \
		if (moved > 0 && (counts))                                                         \
			shared_used(fd, way, is_epoll, since);                                     \
		else if (counts)                                                                   \
			shared_tried(fd, way);                                                     \
		return moved;                                                                      \
	}                                                                                          \
	EXPORT result name parameters                                                              \
	{                                                                                          \
		real_ensure();                                                                     \
		note;                                                                              \
		if (unlikely(shared_is_watched(fd, way)))                                          \
			return name##_watched arguments;                                           \
		return real_##name arguments;                                                      \
	}

/* The descriptor is `fd` in the parameters. */
#define MOVING_FUNCTION(note, way, counts, result, name, parameters, arguments)                    \
	REAL(result, name, parameters);                                                            \
	WATCHED_FUNCTION(note, way, false, counts, result, name, parameters, arguments)
#define EPOLL_FUNCTION(note, registry, name, parameters, arguments)                                \
	registry(int, name, parameters);                                                           \
	WATCHED_FUNCTION(note, SHARED_READS, true, true, int, name, parameters, arguments)

#endif
