/*
 * Who this process is, in the log: a program that was started, or the child of a fork.
 */
#ifndef FORKCHECK_FORK_IDENTITY_H
#define FORKCHECK_FORK_IDENTITY_H

#include "fork/inventory.h"

/* In the constructor: a new image. */
void identity_start(void);
/* The last step of the constructor: its birth. */
void identity_register(void);

/* In a child that has taken its inventory: a process of its own from now on. */
void identity_in_child(struct thread *survivor, const struct inventory *inventory);
/* Its birth, where the parent does not learn who the child is, or too late. */
void identity_register_child(void);

#endif
