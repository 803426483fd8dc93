/* Runs a command in a scratch folder of its own and keeps what it left: status, output, report. */
#ifndef CASES_RUN_H
#define CASES_RUN_H

#include <jansson.h>
#include <stdbool.h>

struct run {
	int status;      /* exit status, -signal, or RUN_TIMED_OUT */
	char *output;    /* what it wrote to stdout */
	char *errors;    /* and to stderr */
	json_t *report;  /* report.json of its folder; NULL: none, or no JSON */
	int left_behind; /* files in the session folder after the run */
	double seconds;
	char folder[64];  /* its working directory, removed by run_free() */
	char session[64]; /* the folder of its session file */
};

#define RUN_TIMED_OUT (-1000)

/*
 * The script is run by /bin/sh. It finds FORKCHECK (the tool), CASES (the
 * folder of the case programs, which is in PATH too), SCRIPTS (that of their
 * sources) and SESSIONS (the empty folder where the tool is told to keep its
 * session file) in its environment.
 */
void run_script(struct run *run, const char *script);
void run_free(struct run *run);

/* How often to run each case: FORKCHECK_CASE_REPEAT. */
int run_repeats(void);

#endif
