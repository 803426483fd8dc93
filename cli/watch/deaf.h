/*
 * Waits that no signal ends: whoever waits there asks again after the handler, and
 * never comes back to its caller to say that there was a signal.
 */
#ifndef FORKCHECK_CLI_DEAF_H
#define FORKCHECK_CLI_DEAF_H

#include "../session/model.h"
#include "procfs.h"

/*
 * Whether that is known of every task. Stops the process for milliseconds; false where
 * it is not where the look saw it, or may not be stopped: then there is no answer.
 * What it has mapped must be in the model.
 */
bool deaf_ask(struct model *model, uint32_t process, pid_t pid, const struct process_look *look,
	      bool *is_deaf);

#endif
