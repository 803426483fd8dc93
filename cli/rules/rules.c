/* The table of rules. */
#include "rule.h"

const struct rule rules[] = {
	{"FC001", "orphaned-lock", SEVERITY_ERROR, judge_orphaned_lock},
	{"FC002", "lost-wakeup", SEVERITY_ERROR, judge_lost_wakeup},
	{"FC003", "orphaned-lock-tried", SEVERITY_WARNING, judge_orphaned_lock_tried},
	{"FC005", "lock-held-at-fork", SEVERITY_WARNING, judge_lock_held_at_fork},
	{"FC007", "atfork-handler", SEVERITY_ERROR, judge_atfork_handler},
	{"FC008", "threads-lost", SEVERITY_NOTE, judge_threads_lost},
	{"FC009", "duplicated-output", SEVERITY_WARNING, judge_duplicated_output},
	{"FC010", "shared-random-state", SEVERITY_WARNING, judge_shared_random_state},
	{"FC011", "wait-cycle", SEVERITY_ERROR, judge_wait_cycle},
	{"FC012", "dead-owner", SEVERITY_ERROR, judge_dead_owner},
	{"FC015", "crash-after-fork", SEVERITY_ERROR, judge_lost_thread_used},
	{"FC016", "private-across-fork", SEVERITY_ERROR, judge_private_across_fork},
	{NULL, NULL, SEVERITY_NOTE, NULL},
};
