/*
 * Where the goroutine stands that has called C code. The runtime of Go runs C on another
 * stack, the thread's own, and goes back to the goroutine's when the call returns: the
 * callers of that code are over there. In both programs; reads through a function.
 */
#ifndef FORKCHECK_GOROUTINE_H
#define FORKCHECK_GOROUTINE_H

#include "log_format.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies bytes of the process that is looked at. Returns how many there were. */
struct goroutine_reader {
	size_t (*read)(const struct goroutine_reader *reader, uint64_t address, void *to,
		       size_t length);
};

/*
 * Learns from the code of _cgo_topofstack(), which the runtime exports, where it keeps what
 * is needed. False: it is not as it is known to be.
 */
bool goroutine_learn(struct go_runtime *runtime, const struct goroutine_reader *reader,
		     uint64_t function);

/*
 * The stack from where the goroutine of a thread has called C, at most GOROUTINE_BYTES.
 * `thread` is its pthread_self(). False: the thread has none that waits for C.
 */
bool goroutine_find(const struct go_runtime *runtime, const struct goroutine_reader *reader,
		    uint64_t thread, struct other_stack *other);

#endif
