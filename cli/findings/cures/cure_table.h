/*
 * The table of cures: a row for each kind of object, language and situation that has words of
 * its own. Every row has a test of its id, in which a program that hangs does what the row says,
 * and does not hang any more: tests/cases/cures.c.
 */
#ifndef FORKCHECK_CURE_TABLE_H
#define FORKCHECK_CURE_TABLE_H

#include "cures.h"

/*
 * A row holds where all that it asks for is there; 0 and NULL ask for nothing. Of the rows that
 * hold the first one gives the words. In these, {name} stands for words of the finding: see
 * fill_in(). Other braces are the text's own.
 */
struct cure_row {
	const char *id;
	enum cure_situation situation;
	enum cure_language language;
	uint32_t kind;
	uint32_t detail;
	bool is_typed;
	bool has_no_handlers; /* the way to fork runs no atfork handlers */
	bool is_at_exit;      /* the child is inside of exit() */
	bool needs_hooks;     /* Python knows of the fork, and calls what is registered with it */
	bool is_of_package;   /* the missing threads are those of a package */
	const char *library;  /* a family (library_is) whose threads are missing */
	const char *function; /* what the child waits in begins with this */
	const char *code;     /* the file of a frame of the child's ends with this */

	const char *cure;   /* an imperative; its first words make sense alone */
	const char *line;   /* to be copied; NULL: there is none */
	const char *caveat; /* what would make that fail at first; NULL: nothing */
	const char *remark; /* what else cures it; NULL: nothing */
};

/* The last one has no id. */
extern const struct cure_row cure_table[];

#endif
