/*
 * The rules: code, name, the highest severity that it ever gives, and what judge_... is called.
 * A new rule is its file, its text in docs/rules and one row here; the table (rules.c), the
 * declarations (rule.h), the embedded texts (rule_texts.c) and a test of the man page and the
 * README follow.
 */
#ifndef FORKCHECK_RULE_LIST_H
#define FORKCHECK_RULE_LIST_H

/* clang-format off */
#define RULE_LIST(rule) \
	rule(FC001, "orphaned-lock",       SEVERITY_ERROR,   orphaned_lock) \
	rule(FC002, "lost-wakeup",         SEVERITY_ERROR,   lost_wakeup) \
	rule(FC003, "orphaned-lock-tried", SEVERITY_WARNING, orphaned_lock_tried) \
	rule(FC004, "reachable-deadlock",  SEVERITY_ERROR,   reachable_deadlock) \
	rule(FC005, "lock-held-at-fork",   SEVERITY_WARNING, lock_held_at_fork) \
	rule(FC007, "atfork-handler",      SEVERITY_ERROR,   atfork_handler) \
	rule(FC008, "threads-lost",        SEVERITY_NOTE,    threads_lost) \
	rule(FC009, "duplicated-output",   SEVERITY_WARNING, duplicated_output) \
	rule(FC010, "shared-random-state", SEVERITY_WARNING, shared_random_state) \
	rule(FC011, "wait-cycle",          SEVERITY_ERROR,   wait_cycle) \
	rule(FC012, "dead-owner",          SEVERITY_ERROR,   dead_owner) \
	rule(FC013, "lost-work",           SEVERITY_WARNING, lost_work) \
	rule(FC014, "shared-descriptor",   SEVERITY_WARNING, shared_descriptor) \
	rule(FC015, "crash-after-fork",    SEVERITY_ERROR,   lost_thread_used) \
	rule(FC016, "private-across-fork", SEVERITY_ERROR,   private_across_fork) \
	rule(FC017, "own-deadlock",        SEVERITY_WARNING, own_deadlock)
/* clang-format on */

#endif
