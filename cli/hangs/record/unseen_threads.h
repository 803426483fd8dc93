/*
 * Threads that were lost at a fork and that the shim never met: made through a function
 * found by dlsym(), by a raw clone(), or before it was there. In the process that they
 * were lost from they live on, and can be looked at.
 */
#ifndef FORKCHECK_WATCH_UNSEEN_H
#define FORKCHECK_WATCH_UNSEEN_H

#include "session/model.h"
#include "session/writer.h"

/* Appends, for each that `process` lacks, a THREAD record with the name that the kernel has
 * for it and, where libc keeps it, its start routine. Nobody is stopped. */
void unseen_record(const struct model *model, struct writer *writer,
		   const struct process_facts *process);

#endif
