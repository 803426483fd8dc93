/*
 * The threads that a fork left behind, from the child's own memory. What libc keeps of a thread
 * lies at the upper end of its stack, and a fork copies all stacks: in the child, libc marks
 * those of the lost threads as free, and gives them to threads that the child makes.
 */
#ifndef FORKCHECK_WATCH_LEFT_THREADS_H
#define FORKCHECK_WATCH_LEFT_THREADS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct left_thread {
	uint64_t self; /* pthread_self() that it had */
	/* What its id was, where libc has left it: of the first thread, of one whose stack the
	 * program gave it, and of all after a raw fork; else 0. As the parent counts ids. */
	int32_t tid;
	uint64_t start_routine;          /* 0: it was the first thread */
	uint64_t stack_start, stack_end; /* of the mapping that its stack is in; 0: not known */
};

/*
 * Those of a fork child, or of the child of one, in the order of their addresses; not those that
 * had ended before. Nobody is stopped. `living_selfs` are the pthread_self() of its tasks where
 * they are known: by them a task is told from the lost ones that has another id in its descriptor
 * (after a raw fork). Returns how many there are, `capacity` at the most.
 *
 * A stack of which pthread_create() made no thread in the end (EAGAIN) looks the same: the
 * parent's memory has no id for that one.
 */
size_t left_threads_find(pid_t pid, const uint64_t *living_selfs, size_t living_count,
			 struct left_thread *threads, size_t capacity);

/*
 * The id that the living parent's memory has for the thread with this pthread_self(), as the
 * parent counts ids. 0: it has none there, or that one has ended. Of the child's own
 * pthread_self() it is the thread that forked.
 */
pid_t left_threads_tid_in(pid_t parent, uint64_t self);

#endif
