/* The exec family, for who comes to it by the number of the system call. */
#ifndef FORKCHECK_HOOKS_EXEC_H
#define FORKCHECK_HOOKS_EXEC_H

/* `number`: SYS_execve or SYS_execveat. */
long exec_by_number(long number, long a, long b, long c, long d, long e, long unused);

#endif
