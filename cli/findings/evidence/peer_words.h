/* Who is at the other end of a connection, in words. */
#ifndef FORKCHECK_PEER_WORDS_H
#define FORKCHECK_PEER_WORDS_H

#include "base/arena.h"
#include <stddef.h>

/* "127.0.0.1:5432", "[::1]:80", "/run/db.sock" of a struct sockaddr of so many bytes, which a
 * stranger wrote; NULL: it has no address, or none that is known. The arena's. */
const char *peer_words(struct arena *arena, const char *address, size_t length);

#endif
