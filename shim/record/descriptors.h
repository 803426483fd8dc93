/*
 * What one thread writes to a pipe, an eventfd or a socket of this machine another one may be
 * waiting for: the order between threads goes by descriptors, too. Which end belongs to which is
 * known of pipes; all sockets are one, and so are all eventfds. That only adds order.
 */
#ifndef FORKCHECK_RECORD_DESCRIPTORS_H
#define FORKCHECK_RECORD_DESCRIPTORS_H

#include "record/descriptor_writers.h"
#include "shim.h"

/* Before the calling thread lets go who waits at the other end, and before it reads.
 * Async-signal-safe; leave errno alone. */
void descriptor_gives(int descriptor);
void descriptor_awaits(int descriptor);
/* Before it writes, by the call with this return address. */
static inline void descriptor_writes(int descriptor, const void *site)
{
	descriptor_written(descriptor, site);
	descriptor_gives(descriptor);
}
/* It goes to wait for one of several. */
void descriptors_awaited(void);
/* The calling thread sends a signal within its process, and waits for one. */
void signal_given(void);
void signals_awaited(void);
/* It gives, or takes, by a queue of System V. */
void messages_exchanged(void);
/* What has this number next may be another one. */
void descriptor_forget(int descriptor);
/* `to` is what `from` is, from now on. */
void descriptor_copied(int from, int to);
void descriptors_forget(void);

#endif
