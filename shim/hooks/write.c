/*
 * The hook of write() notes when output of Python's that waited at a fork is written, whether two
 * processes write to one connection, and, in a child that inherited locks, whom it may hand
 * something to. It is async-signal-safe,
 * and a cancellation point.
 */
#include "base/process.h"
#include "base/real.h"
#include "record/descriptors.h"
#include "record/ownerless.h"
#include "record/private_facts.h"
#include "record/python_output.h"
#include "record/shared_descriptors.h"
#include <unistd.h>

REAL(ssize_t, write, (int, const void *, size_t));

static COLD ssize_t write_watched(int descriptor, const void *from, size_t length, const void *site)
{
	uint64_t since = atomic_load(&process.forked_ns);
	ssize_t result;

	real_ensure();
	descriptor_writes(descriptor, site);
	if (process.inherits)
		facts_note_written(descriptor, length, object_use(site));
	result = real_write(descriptor, from, length);
	if (result > 0 && shared_is_watched(descriptor, SHARED_WRITES))
		shared_used(descriptor, SHARED_WRITES, false, since);
	if (result > 0)
		python_output_written(descriptor, from, (size_t)result);
	return result;
}

EXPORT ssize_t write(int descriptor, const void *from, size_t length)
{
	/* No frame of ours is on the stack while it waits: it is a jump. */
	if (likely(real_write && !process.file_count && !process.inherits &&
		   !shared_is_watched(descriptor, SHARED_WRITES))) {
		descriptor_writes(descriptor, __builtin_return_address(0));
		return real_write(descriptor, from, length);
	}
	return write_watched(descriptor, from, length, __builtin_return_address(0));
}
