/*
 * Who else uses a semaphore that is made for one process and lies in memory that processes share by
 * a fork, where its value does not tell: it has been posted, and is taken again.
 */
#ifndef FORKCHECK_PRIVATE_SEMAPHORE_H
#define FORKCHECK_PRIVATE_SEMAPHORE_H

#include "unseen_wait.h"

/*
 * A process that has posted since the fork what the waiting one never got, or has taken what that
 * one takes and gives back like a lock: the parent, a child or another child of the same parent, by
 * its own table of ownerless things. Returns its number; 0: none is known.
 */
pid_t private_semaphore_user(const struct unseen_question *question);

#endif
