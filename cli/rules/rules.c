/* The table of rules. */
#include "rule.h"

const struct rule rules[] = {
	{"FC001", "orphaned-lock", SEVERITY_ERROR, judge_orphaned_lock},
	{"FC005", "lock-held-at-fork", SEVERITY_WARNING, judge_lock_held_at_fork},
	{"FC008", "threads-lost", SEVERITY_NOTE, judge_threads_lost},
	{NULL, NULL, SEVERITY_NOTE, NULL},
};
