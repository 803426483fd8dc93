/*
 * Sessions kept for later: a compact copy of the log, which the reader accepts
 * like the log itself.
 */
#ifndef FORKCHECK_SAVE_H
#define FORKCHECK_SAVE_H

#include "model.h"

/*
 * Writes what the log holds now, to a file that only its owner can read. It
 * replaces `path` when it is whole. Returns 0, or -1 after one line on stderr.
 */
int session_save(const struct model *model, const char *path);

/* The same, behind the sessions that `path` has: those of further runs. */
int session_append(const struct model *model, const char *path);

struct saved_session {
	unsigned char *bytes;
	size_t size;
	size_t position; /* behind the session that is open */
};

/* Reads a file and opens `reader` on its first session. Returns 0, or -1 after one line on
 * stderr. */
int session_load(struct saved_session *saved, struct reader *reader, const char *path);
/* Opens it on the next one in its place. Returns 1; 0 where there is none; -1 as above. */
int session_load_next(struct saved_session *saved, struct reader *reader, const char *path);
void session_unload(struct saved_session *saved, struct reader *reader);

#endif
