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

struct saved_session {
	void *bytes;
	size_t size;
};

/* Reads a file and opens `reader` on it. Returns 0, or -1 after one line on stderr. */
int session_load(struct saved_session *saved, struct reader *reader, const char *path);
void session_unload(struct saved_session *saved, struct reader *reader);

#endif
