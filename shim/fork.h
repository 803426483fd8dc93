/*
 * fork() and the atfork handlers. The shim's object is initialised first, so
 * its handlers are the outermost: prepare runs last before the clone, child
 * first after it.
 */
#ifndef FORKCHECK_FORK_H
#define FORKCHECK_FORK_H

/* Registers the handlers. Called once, by the constructor. */
void fork_start(void);

#endif
