/*
 * The bytes of glibc's sem_t: struct new_sem, 2.21 to 2.43, where a machine has atomic
 * operations on 64 bits.
 */
#ifndef FORKCHECK_COMMON_GLIBC_SEMAPHORE_H
#define FORKCHECK_COMMON_GLIBC_SEMAPHORE_H

#include <semaphore.h>
#include <stdint.h>

struct glibc_semaphore {
	uint32_t value;
	uint32_t waiters;
	uint32_t is_shared; /* 0 in a semaphore of one process, 128 in one of several */
};

_Static_assert(sizeof(struct glibc_semaphore) <= sizeof(sem_t), "the beginning of a sem_t");

/* How often it can be taken now. One load. */
static inline uint32_t glibc_semaphore_value(const sem_t *semaphore)
{
	return __atomic_load_n(&((const struct glibc_semaphore *)semaphore)->value,
			       __ATOMIC_RELAXED);
}

/* Value and waiters, in one load; whether it is shared is not read. */
static inline struct glibc_semaphore glibc_semaphore_load(const void *semaphore)
{
	uint64_t data = __atomic_load_n((const uint64_t *)semaphore, __ATOMIC_RELAXED);

	return (struct glibc_semaphore){.value = (uint32_t)data, .waiters = (uint32_t)(data >> 32)};
}

#endif
