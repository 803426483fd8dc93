/* A script, run from outside, and what it must do. */
#ifndef CASES_COMMAND_H
#define CASES_COMMAND_H

/* Of a script that could not set its stage up: it prints why. */
#define SKIP 77

struct command_case {
	const char *name;
	const char *script;
	int status;
	const char *output; /* exactly; NULL: anything */
	const char *errors; /* a pattern; NULL: nothing may be written to stderr */
	int lines;          /* at most so many of them; 0: any number */
};

/* Fails the test where something differs. */
void command_case_run(const struct command_case *expected);

#endif
