/*
 * The ways to fork, and what is to be said of each, are one table. Nothing is read but the
 * finding.
 */
#include "fork_paths.h"

static const struct {
	const char *name; /* NULL: unknown */
	bool no_handlers;
} paths[FORK_FUNCTIONS] = {
	[FORK_FORK] = {"fork", false},
	[FORK_PTY] = {"forkpty", false},
	[FORK_DAEMON] = {"daemon", false},
	[FORK_UNDERSCORE] = {"_Fork", true},
	[FORK_CLONE] = {"clone", true},
	[FORK_CALL_FORK] = {"syscall(SYS_fork)", true},
	[FORK_CALL_CLONE] = {"syscall(SYS_clone)", true},
	[FORK_CALL_CLONE3] = {"syscall(SYS_clone3)", true},
	[FORK_UNSEEN] = {NULL, true},
};

void fork_path_name(struct fork_part *part, uint32_t function)
{
	if (function >= FORK_FUNCTIONS)
		return;
	part->function = paths[function].name;
	part->no_handlers = paths[function].no_handlers;
}

static const char *subject(const struct fork_part *part)
{
	return part->function ? part->function : "a clone that is not libc's";
}

const char *fork_path_remark(struct judgement *judgement, const struct fork_part *part)
{
	if (!part->present || !part->no_handlers)
		return "";
	return arena_printf(judgement->arena,
			    " Unlike fork(), %s runs no pthread_atfork() handlers and does not "
			    "repair libc's own locks (malloc, stdio) in the child.",
			    subject(part));
}
