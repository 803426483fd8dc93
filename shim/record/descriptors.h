/*
 * What one thread writes to a pipe, an eventfd or a socket of this machine another one may be
 * waiting for: the order between threads goes by descriptors, too. Which end belongs to which is
 * known of pipes; all sockets are one, and so are all eventfds. That only adds order.
 */
#ifndef FORKCHECK_RECORD_DESCRIPTORS_H
#define FORKCHECK_RECORD_DESCRIPTORS_H

#include "shim.h"

/* Before the calling thread writes, and before it reads. Async-signal-safe; leave errno alone. */
void descriptor_gives(int descriptor);
void descriptor_awaits(int descriptor);
/* It goes to wait for one of several. */
void descriptors_awaited(void);
/* The calling thread sends a signal within its process, and waits for one. */
void signal_given(void);
void signals_awaited(void);
/* It gives, or takes, by a queue of System V. */
void messages_exchanged(void);
/* What has this number next may be another one. */
void descriptor_forget(int descriptor);
void descriptors_forget(void);

#endif
