/*
 * The command line: one list (option_list.h) from which argp parses, --help is
 * printed and the option list of the man page is made.
 */
#ifndef FORKCHECK_OPTIONS_H
#define FORKCHECK_OPTIONS_H

#include "findings/finding.h"
#include "option_list.h"
#include "report/formats.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* What to do with a process whose hang is proven. */
enum deadlock_action {
	DEADLOCK_DEFAULT, /* none was asked for: that of the command */
	DEADLOCK_KILL,
	DEADLOCK_STOP,
	DEADLOCK_ABORT,
	DEADLOCK_WAIT,
	DEADLOCK_END_RUN,
};

/*
 * One report to write. -o FILE belongs to the nearest --format before it that
 * has no file yet, else to the next one after it, else to the text report.
 */
#define OUTPUTS_MAX 8
struct output {
	const struct report_format *format; /* text where -o stands alone; NULL: no report's */
	const char *path;                   /* NULL: stderr */
	const char *name;                   /* of the format; a command may have its own */
};

#define SUPPRESSION_FILES_MAX 16
#define CORE_FILES_MAX        16
#define HANG_AFTER_MS         10000
#define WATCH_MS              2500
#define MAX_KILLS             3
#define END_AFTER_MS          60000
#define CONFIRM_RUNS          5
#define CONFIRM_RUNS_MAX      1000

struct command;

#define OPTION_NO_MEMBER(...)
#define OPTION_MEMBER(name, member, help) bool member;

struct options {
	const struct command *command;
	char **arguments; /* PROGRAM [ARGS], or the operands of the subcommand; NULL-terminated */
	struct output outputs[OUTPUTS_MAX];
	size_t output_count;   /* at least 1, unless quiet */
	bool has_file_reports; /* they are those of the options file */
	enum severity fail_on;
	bool fail_never;  /* --fail-on=never */
	bool fail_proven; /* --fail-on=proven: not on what was only predicted or suspected */
	int error_exitcode;
	enum deadlock_action on_deadlock;
	uint64_t hang_after_ms;
	uint64_t watch_ms;                 /* of attach */
	const char *cores[CORE_FILES_MAX]; /* of attach */
	size_t core_count;
	const char *exe;           /* of the cores: their program; NULL: where they have it */
	unsigned max_kills;        /* for one finding, before the run is ended; 0: never */
	uint64_t end_after_ms;     /* that nothing has moved; 0: never */
	unsigned confirm;          /* further runs, at most; 0: none */
	const char *drive;         /* a command that gives the program its load; NULL: none */
	bool wait_all;             /* for all descendants, not for the program only */
	bool summarizes_libraries; /* --summary=libraries */
	const char *keep_session;  /* NULL: no */
	const char *suppressions[SUPPRESSION_FILES_MAX];
	size_t suppression_count;
	const char *gen_suppressions; /* a file; NULL: none */
	const char *baseline;         /* a file; NULL: none */
	const char *write_baseline;   /* a file; NULL: none */
	bool only_user;               /* of the processes of the machine, those of `user` */
	uid_t user;
	uint64_t older_than_ms; /* and those that are so old */
	const char *config;     /* the file of options; NULL: the one that is found */
	enum color_mode color;
	/* A bool for each flag. */
	OPTION_LIST(OPTION_MEMBER, OPTION_NO_MEMBER, OPTION_NO_MEMBER, OPTION_NO_MEMBER,
		    OPTION_NO_MEMBER)
};

#ifndef FORKCHECK_VERSION
#define FORKCHECK_VERSION "0.1.0"
#endif

/* Options that stand before those of the command line; a file of options stands before both. */
#define OPTIONS_VARIABLE "FORKCHECK_OPTIONS"

#define EXIT_FINDINGS       66  /* something reached --fail-on */
#define EXIT_UNOBSERVED     67  /* the program could not be observed */
#define EXIT_FORKCHECK      125 /* forkcheck itself failed */
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND      127

/*
 * Fills `options` from a file, FORKCHECK_OPTIONS and argv. On a bad option prints one line and the
 * hint, and ends the program with EXIT_FORKCHECK; --help and --version end it with 0.
 */
void options_parse(struct options *options, int argc, char **argv);

/* The man page's list of options, in roff. docs/forkcheck.1 contains it. */
void options_print_man(FILE *stream);

#endif
