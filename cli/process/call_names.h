/*
 * System calls that a task may sleep in have their names here.
 */
#ifndef FORKCHECK_CALL_NAMES_H
#define FORKCHECK_CALL_NAMES_H

/* The name of a system call of this architecture; NULL: not one that tasks usually sleep in. */
const char *call_name(long number);

#endif
