/* Which group of processes the controlling terminal belongs to. Nothing is read or written there.
 */
#ifndef FORKCHECK_TERMINAL_H
#define FORKCHECK_TERMINAL_H

#include <sys/types.h>

/* The foreground group; -1: there is no terminal. */
pid_t terminal_group(void);

/* Makes another one the foreground group. SIGTTOU must be ignored or blocked. */
void terminal_give(pid_t group);

#endif
