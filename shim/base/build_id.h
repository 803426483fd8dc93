/*
 * The build-id of an object, among its ELF notes.
 */
#ifndef FORKCHECK_BASE_BUILD_ID_H
#define FORKCHECK_BASE_BUILD_ID_H

#include <stddef.h>

#define BUILD_ID_MAX 64

/* Copies it to `build_id` (BUILD_ID_MAX bytes) and returns its length; 0: there is none, or
 * a longer one. */
size_t build_id_find(const unsigned char *notes, size_t length, unsigned char *build_id);

#endif
