/*
 * Ends whoever is left of a run.
 */
#ifndef FORKCHECK_DESCENDANTS_H
#define FORKCHECK_DESCENDANTS_H

#include <stdbool.h>

/* Kills all descendants, observed or not. False: nobody was killed. */
bool descendants_kill(void);

#endif
