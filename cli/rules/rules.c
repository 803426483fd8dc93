/* The table of rules. */
#include "rule.h"

const struct rule rules[] = {
	{"FC001", "orphaned-lock", judge_orphaned_lock},
	{"FC005", "lock-held-at-fork", judge_lock_held_at_fork},
	{"FC008", "threads-lost", judge_threads_lost},
	{NULL, NULL, NULL},
};
