/*
 * A fork child that hands the pthread_t of a thread which it does not have to libc.
 */
#ifndef FORKCHECK_RECORD_LOST_USE_H
#define FORKCHECK_RECORD_LOST_USE_H

#include "shim.h"
#include <pthread.h>

/* In a process that inherits, before the real call, which may end it. */
void lost_use_note(pthread_t handle, enum lost_function function);

#endif
