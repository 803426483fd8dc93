/* For the wrapper of syscall(), which is in wakers.c. */
#ifndef FORKCHECK_FUTEX_H
#define FORKCHECK_FUTEX_H

/* A call by number of SYS_futex is about to be made. */
void futex_called(const void *word, long operation, const void *site);

#endif
