/*
 * What only the CLI knows of a run, into the log: a saved session is reported
 * from that alone.
 */
#ifndef FORKCHECK_RUN_RECORDS_H
#define FORKCHECK_RUN_RECORDS_H

#include "launch.h"
#include "session/model.h"
#include "session/writer.h"

/* How the run went so far, or as a whole. */
struct run_result {
	int exit_status; /* -1: ended by a signal, or not ended */
	int signal;
	uint64_t duration_ns;
};

struct run_log {
	struct model *model;
	struct writer *writer;
	const struct launched *launched;
	char *const *command;
	uint64_t started_ns;
};

/* What was done to a process; 0: why the whole run was ended. */
void run_record_action(const struct run_log *log, pid_t pid, const char *what);

/* That the program cannot be observed: foreseen when it was started. */
void run_record_foreseen(const struct run_log *log);
/* The same, because it never said hello. */
void run_record_silence(const struct run_log *log);

/* Who outlives the program, and us. */
void run_record_left(const struct run_log *log);

/* May be written again: the last one counts. */
void run_record_result(const struct run_log *log, const struct run_result *result);

#endif
