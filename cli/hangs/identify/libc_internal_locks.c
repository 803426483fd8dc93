/*
 * libc's own locks are known by what stands at and around a futex word. The memory is read
 * from the outside; no byte of it is trusted.
 */
#include "libc_internal_locks.h"
#include "base/library_names.h"
#include "process/memory_map.h"
#include "process/stop.h"
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* glibc, nptl/stdio-lock.h: the same from 2.2 on. */
struct stream_lock {
	int32_t word, count;
	uint64_t owner;
};

/* glibc, libio/libioP.h, struct locked_FILE: the FILE, its table of functions, its lock. */
#define FILE_TO_LOCK (sizeof(FILE) + sizeof(void *))
/* Of libc's writable data. */
#define DATA_MAX (1u << 20)

/*
 * glibc, malloc/malloc.c, struct malloc_state: its lock comes first, and in it are 127 pairs of
 * links, which point to themselves where a bin is empty: to 16 bytes before the pair, as if that
 * were a chunk. Its size was 2,136 to 2,200 bytes from 2.23 to 2.43.
 */
#define ARENA_WORDS   (2136 / 8)
#define CHUNK_TO_LINK 16
#define EMPTY_BINS    8

static bool is_arena(pid_t pid, uint64_t address)
{
	uint64_t words[ARENA_WORDS];
	unsigned empty = 0;

	if (stop_read(pid, address, words, sizeof(words)) != sizeof(words))
		return false;
	for (size_t i = 0; i + 1 < ARENA_WORDS; i++) {
		uint64_t chunk = address + i * sizeof(*words) - CHUNK_TO_LINK;

		empty += words[i] == chunk && words[i + 1] == chunk;
	}
	return empty >= EMPTY_BINS;
}

/* --- streams --------------------------------------------------------------------- */

static bool is_stream(pid_t pid, uint64_t stream, uint64_t lock, int *descriptor)
{
	FILE copy;

	if (stop_read(pid, stream, &copy, sizeof(copy)) != sizeof(copy) ||
	    (uintptr_t)copy._lock != lock)
		return false;
	*descriptor = copy._fileno >= 0 ? copy._fileno : -1;
	return true;
}

struct stream_search {
	pid_t pid;
	uint64_t lock;
	int descriptor;
	bool found;
};

/* stdin, stdout and stderr have their locks elsewhere. */
static bool search_mapping(const struct mapping *mapping, void *data)
{
	struct stream_search *search = data;
	size_t length = mapping->end - mapping->start;
	uint64_t *words;

	if (!mapping->writable || !library_is_libc(mapping->path) || length > DATA_MAX)
		return true;
	words = malloc(length);
	length = words ? stop_read(search->pid, mapping->start, words, length) : 0;
	for (size_t i = 0; i < length / sizeof(*words) && !search->found; i++)
		if (words[i] == search->lock)
			search->found = is_stream(search->pid,
						  mapping->start + i * sizeof(*words) -
							  offsetof(FILE, _lock),
						  search->lock, &search->descriptor);
	free(words);
	return !search->found;
}

static bool libc_internal_locks_find_stream(pid_t pid, uint64_t address, bool is_libcs,
					    int *descriptor)
{
	struct stream_search search = {.pid = pid, .lock = address};

	if (is_stream(pid, address - FILE_TO_LOCK, address, descriptor))
		return true;
	if (!is_libcs)
		return false;
	maps_each(pid, search_mapping, &search);
	*descriptor = search.descriptor;
	return search.found;
}

bool libc_lock_find(struct address_space *space, pid_t pid, uint64_t address,
		    struct libc_lock *lock)
{
	struct stream_lock words;
	bool is_libcs = library_is_libc(space_module_path(space, address));

	*lock = (struct libc_lock){.descriptor = -1};
	if (is_arena(pid, address)) {
		lock->kind = LOCK_ALLOCATOR;
		return true;
	}
	if (stop_read(pid, address, &words, sizeof(words)) != sizeof(words) || !words.word ||
	    words.count <= 0 || !words.owner)
		return false;
	lock->owner = words.owner;
	if (libc_internal_locks_find_stream(pid, address, is_libcs, &lock->descriptor))
		lock->kind = LOCK_STREAM;
	else if (is_libcs)
		lock->kind = LOCK_STREAMS;
	return lock->kind != 0;
}

static bool libc_internal_locks_is_among(const char *function, const char *const *names,
					 size_t count)
{
	for (size_t i = 0; function && i < count; i++)
		if (strcmp(names[i], function) == 0)
			return true;
	return false;
}

/* The names that libc exports, and those that its symbols add. */
bool libc_lock_is_held_by(enum lock_kind kind, const char *function)
{
	static const char *const allocator[] = {
		"malloc",         "free",
		"calloc",         "realloc",
		"reallocarray",   "memalign",
		"valloc",         "pvalloc",
		"malloc_trim",    "aligned_alloc",
		"mallinfo",       "mallinfo2",
		"malloc_info",    "mallopt",
		"malloc_stats",   "_int_malloc",
		"_int_free",      "_int_realloc",
		"sysmalloc",      "posix_memalign",
		"_int_memalign",  "__libc_malloc",
		"__libc_free",    "__libc_calloc",
		"__libc_realloc", "__libc_memalign",
	};
	static const char *const streams[] = {
		"fopen",          "fopen64",     "fdopen",      "freopen",    "freopen64",
		"fclose",         "tmpfile",     "tmpfile64",   "popen",      "pclose",
		"fmemopen",       "fopencookie", "fflush",      "fcloseall",  "exit",
		"open_memstream", "_IO_link_in", "_IO_un_link", "setlinebuf", "_flushlbf",
	};

	if (kind == LOCK_ALLOCATOR)
		return libc_internal_locks_is_among(function, allocator,
						    sizeof(allocator) / sizeof(*allocator));
	return kind == LOCK_STREAMS &&
	       libc_internal_locks_is_among(function, streams, sizeof(streams) / sizeof(*streams));
}
