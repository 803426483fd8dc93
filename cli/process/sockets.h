/* The other end of a connected Unix socket, from the kernel's socket diagnosis. */
#ifndef FORKCHECK_SOCKETS_H
#define FORKCHECK_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

/* False for a socket that is not connected or of another family, of another
 * network namespace, and where the kernel gives no answer. */
bool sockets_peer(uint64_t inode, uint64_t *peer);

#endif
