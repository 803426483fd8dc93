/*
 * What forkcheck can do. A command is its file and one row of the table in commands.c: the
 * parser, --help and main() take from it what they need.
 */
#ifndef FORKCHECK_COMMANDS_H
#define FORKCHECK_COMMANDS_H

#include "options.h"

/* Where the words of the command line that are no options go. */
enum operands {
	OPERANDS_PROGRAM, /* the first ends forkcheck's own: what follows is the program's */
	OPERANDS_LAST,    /* no option may stand behind them */
	OPERANDS_MIXED,   /* options may stand between them */
	OPERANDS_NONE,    /* there are none, and options may stand behind its name */
};

struct command {
	const char *name;    /* the word that chooses it; NULL: the one without a name */
	const char *grammar; /* for the usage */
	const char *help;    /* sentences for --help; "": the usage says it */
	enum operands operands;
	const char *missing; /* what to complain of without operands; NULL: they may be missing */
	/* Returns the exit status of forkcheck. */
	int (*run)(const struct options *options);
	bool has_own_formats; /* run() looks for the names of its outputs' formats */
};

/* The first has no name; the last has no run(). */
extern const struct command commands[];

/* The command of that name; NULL: it is not one. */
const struct command *command_find(const char *name);

#endif
