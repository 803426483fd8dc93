/*
 * A word `key:glob` of a suppressions file, and what of a finding it is matched with.
 */
#ifndef FORKCHECK_SUPPRESSION_WORDS_H
#define FORKCHECK_SUPPRESSION_WORDS_H

#include "finding.h"

struct arena;

enum suppression_key {
	KEY_RULE,        /* code or name */
	KEY_FINGERPRINT, /* as the report has it */
	KEY_LOCK,        /* the name of the lock */
	KEY_WAIT,        /* a function, where a process or a thread waits */
	KEY_FORK,        /* a function, where the process was forked */
	KEY_FUNCTION,    /* a function, of any stack, or the atfork handler */
	KEY_FILE,        /* the source file of any frame, or the last parts of its path */
	KEY_PACKAGE,     /* the package of any frame, or of missing threads */
	KEY_LIBRARY, /* the ELF file of any frame, of missing threads, of the holder or handler */
	SUPPRESSION_KEYS,
};

struct suppression_word {
	struct suppression_word *next;
	enum suppression_key key;
	const char *glob;
};

enum suppression_fault {
	SUPPRESSION_WORD_GOOD,
	SUPPRESSION_WORD_NO_KEY,
	SUPPRESSION_WORD_UNKNOWN_KEY,
	SUPPRESSION_WORD_EMPTY, /* nothing behind the colon */
};

/* Fills key and glob, which points into the text. */
enum suppression_fault suppression_word_parse(const char *text, struct suppression_word *word);

/* "rule:, lock: or library:", of all keys, for a complaint. The arena's. */
const char *suppression_key_list(struct arena *arena);

/* What a finding lacks matches nothing. */
bool suppression_word_matches(const struct suppression_word *word, const struct finding *finding);

#endif
