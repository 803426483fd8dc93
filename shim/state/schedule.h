/*
 * Places forks among the threads of a process as the CLI has asked for it (struct
 * session_schedule): a fork waits until another thread is inside a section that was predicted,
 * and the thread stays there until the clone is done. In all other runs nothing of it is there
 * but the look at one flag.
 *
 * Nothing may hang here that would not hang without: each wait has an end of its own, and
 * nobody waits for a second thread.
 */
#ifndef FORKCHECK_STATE_SCHEDULE_H
#define FORKCHECK_STATE_SCHEDULE_H

#include "base/process.h"
#include "state/thread.h"

/* In the constructor, before the modules are read. */
void schedule_start(void);

/*
 * How a thread that stays gives an interpreter's lock to others, for this is a lower floor. The
 * first returns what the second is to get; NULL: it gave nothing away. Called once, at the start.
 */
struct schedule_switch {
	void *(*let_go)(const struct thread *thread, const void *lock, enum lock_kind kind,
			bool is_tried);
	void (*take_back)(void *state);
};
void schedule_switch_by(struct schedule_switch functions);

/* A file that the process has mapped, by its module_key(). */
void schedule_meet_module(uint64_t key, uintptr_t bias);

/* Before anything of a fork has begun; its stack is known. */
void schedule_wait(struct thread *thread);
/* The last thing before the clone. */
void schedule_release(struct thread *thread);
/* In the parent, once there is a child or is none, and in the child. */
void schedule_let_go(struct thread *thread);
void schedule_reset(void);

/* The calling thread has the lock (`is_tried`: by a call that never waits), or is inside the
 * region that `lock` is the number of. */
void schedule_meet(struct thread *thread, const void *lock, enum lock_kind kind, bool is_tried,
		   struct call_site site);

static inline void schedule_before_fork(struct thread *thread)
{
	if (unlikely(process.is_scheduled))
		schedule_wait(thread);
}

static inline void schedule_before_clone(struct thread *thread)
{
	if (unlikely(process.is_scheduled))
		schedule_release(thread);
}

static inline void schedule_in_parent(struct thread *thread)
{
	if (unlikely(process.is_scheduled))
		schedule_let_go(thread);
}

static inline void schedule_in_child(void)
{
	if (unlikely(process.is_scheduled))
		schedule_reset();
}

static inline void schedule_acquired(struct thread *thread, const void *lock, enum lock_kind kind,
				     bool is_tried, struct call_site site)
{
	if (unlikely(process.is_scheduled))
		schedule_meet(thread, lock, kind, is_tried, site);
}

#endif
