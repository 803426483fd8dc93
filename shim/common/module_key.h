/*
 * A number by which a file of code is known again in another run of the same program, where its
 * addresses differ. Compiled into the CLI, which writes such numbers, and into the shim.
 */
#ifndef FORKCHECK_COMMON_MODULE_KEY_H
#define FORKCHECK_COMMON_MODULE_KEY_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t module_key_of_bytes(const void *bytes, size_t length)
{
	const unsigned char *next = bytes;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ next[i]) * 0x100000001b3u;
	return hash ? hash : 1;
}

/* Of its build-id, which survives a copy; of its path where it has none. Never 0. */
static inline uint64_t module_key(const void *path, size_t path_length, const void *build_id,
				  size_t build_id_length)
{
	return build_id_length ? module_key_of_bytes(build_id, build_id_length)
			       : module_key_of_bytes(path, path_length);
}

#endif
