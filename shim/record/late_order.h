/* LATE_ORDER: a mutex turns out to hand over what threads found out by it before. */
#ifndef FORKCHECK_RECORD_LATE_ORDER_H
#define FORKCHECK_RECORD_LATE_ORDER_H

#include "state/thread.h"

/* From now on the mutex is one that goes with a condition. */
void late_order_begins(struct thread *thread, const void *mutex);

#endif
