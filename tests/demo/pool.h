/* The server's workers: processes made by fork. */
#ifndef DEMO_POOL_H
#define DEMO_POOL_H

#include <stddef.h>
#include <sys/types.h>

pid_t spawn_worker(void);
/* Waits ten seconds at most, ends those that did not; returns how many did not. */
size_t reap_workers(const pid_t *workers, size_t count);

#endif
