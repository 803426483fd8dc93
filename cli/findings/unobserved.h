/*
 * The processes of a session that libforkcheck.so is not in, and why: from what
 * the shim foresaw before an exec, what the CLI found in /proc, and programs
 * that never said hello.
 */
#ifndef FORKCHECK_UNOBSERVED_H
#define FORKCHECK_UNOBSERVED_H

#include "base/arena.h"
#include "finding.h"
#include "session/model.h"

/* A clause: "linked statically". */
const char *unobserved_reason_text(uint32_t reason);

/* Fills report->unobserved. */
void unobserved_fill(const struct model *model, struct arena *arena, struct report *report);

/* True when a record says already that this process is not observed. */
bool unobserved_is_recorded(const struct model *model, int pid, uint64_t since_ns);

#endif
