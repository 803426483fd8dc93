/*
 * The hooks of splice(), tee() and vmsplice() note who writes to the pipe, or takes from it, at
 * either end. They are async-signal-safe, and jump to the real function: all are cancellation
 * points.
 */
#include "base/real.h"
#include "hooks/moving.h"
#include "record/descriptors.h"
#include <fcntl.h>
#include <sys/uio.h>

#define TRANSFERS() (descriptor_awaits(from), descriptor_writes(fd, __builtin_return_address(0)))

MOVING_FUNCTION(TRANSFERS(), SHARED_WRITES, true, ssize_t, splice,
		(int from, off64_t *offset, int fd, off64_t *to_offset, size_t length,
		 unsigned flags),
		(from, offset, fd, to_offset, length, flags))
MOVING_FUNCTION(TRANSFERS(), SHARED_WRITES, true, ssize_t, tee,
		(int from, int fd, size_t length, unsigned flags), (from, fd, length, flags))
/* By the end that is read it takes. That is counted as both. */
MOVING_FUNCTION((descriptor_awaits(fd), descriptor_writes(fd, __builtin_return_address(0))),
		SHARED_WRITES, true, ssize_t, vmsplice,
		(int fd, const struct iovec *from, size_t count, unsigned flags),
		(fd, from, count, flags))
