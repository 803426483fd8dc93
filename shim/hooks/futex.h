/* For the wrapper of syscall(), which is in syscall.c. */
#ifndef FORKCHECK_HOOKS_FUTEX_H
#define FORKCHECK_HOOKS_FUTEX_H

/* A call by number of SYS_futex is about to be made. */
void futex_called(const void *word, long operation, const void *site);

#endif
