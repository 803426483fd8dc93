/* What the bytes of a pthread_mutex_t say; C11's mtx_t is one, too. */
#ifndef FORKCHECK_MUTEX_H
#define FORKCHECK_MUTEX_H

#include "shim.h"

pid_t mutex_owner(const void *state);
bool mutex_is_taken(const void *state);
bool mutex_is_shared(const void *lock, const void *state);
bool mutex_wakes_own_only(const void *state);
bool mutex_crosses_fork(const void *state);
bool mutex_counts(const void *lock);
/* Taken more than once by its owner, who gives one back. */
bool mutex_is_held_again(const void *lock);

#endif
