/*
 * What is printed while the run goes on: each hang when it is found, and what
 * becomes of it.
 */
#ifndef FORKCHECK_LIVE_H
#define FORKCHECK_LIVE_H

#include "commands/options.h"
#include "hung.h"

struct live {
	const struct options *options;
	FILE *stream; /* NULL: nobody reads along */
	struct hung_list hung;
};

void live_init(struct live *live, const struct options *options, FILE *stream);
void live_release(struct live *live);

/*
 * A finding about one process that hangs, for the first time or again;
 * finding->action is what was done to it. Printed in full once, and then in
 * one line what is new.
 */
void live_tell(struct live *live, const struct hang *hang, int known_pid,
	       const struct finding *finding);

/* A process that was said to hang has moved on. */
void live_withdraw(struct live *live, uint32_t serial);

/* At the end: what was not printed, and the summary. */
int live_finish(struct live *live, const struct report *report);

#endif
