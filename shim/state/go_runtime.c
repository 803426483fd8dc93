/*
 * The runtime of Go is found in the loader's list, without its lock: what came by dlopen() is
 * read by memory_read(), as it may go meanwhile. One runtime is known, the first; it is never
 * unloaded.
 */
#include "state/go_runtime.h"
#include "base/process.h"
#include "base/symbol_tables.h"
#include "common/goroutine.h"
#include "state/modules.h"
#include <link.h>
#include <string.h>

#define OBJECTS_MAX 4096

AT_START static struct go_runtime known;
AT_START static _Atomic bool is_found;
/* As of the last look. */
AT_START static uint32_t changes;
AT_START static const struct link_map *last;

static size_t read_own(const struct goroutine_reader *reader, uint64_t address, void *to,
		       size_t length)
{
	(void)reader;
	return memory_read(to, (const void *)(uintptr_t)address, length);
}

IN_START static bool go_runtime_look_at(const struct link_map *map,
					size_t (*read)(void *to, const void *from, size_t length))
{
	static const struct goroutine_reader reader = {read_own};
	struct symbol_table table;
	struct go_runtime runtime;
	uintptr_t function =
		symbols_open(&table, map, read) ? symbols_find(&table, "_cgo_topofstack") : 0;

	if (!function || !goroutine_learn(&runtime, &reader, function))
		return false;
	known = runtime;
	atomic_store(&is_found, true);
	return true;
}

IN_START bool go_runtime_start(void)
{
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
		last = map;
		if (go_runtime_look_at(map, NULL))
			return true;
	}
	changes = modules_changes();
	return false;
}

/* What was the last one may be gone, and its place another's: then all is looked at again
 * from the first object, the program, which stays. */
static const struct link_map *first_new(struct link_map *map)
{
	if (memory_read(map, last, sizeof(*map)) == sizeof(*map) && map->l_next)
		return map->l_next;
	return memory_read(map, _r_debug.r_map, sizeof(*map)) == sizeof(*map) ? map->l_next : NULL;
}

static void go_runtime_look_anew(void)
{
	struct link_map map;
	const struct link_map *at = first_new(&map);

	for (size_t i = 0; at && i < OBJECTS_MAX; at = map.l_next, i++) {
		if (memory_read(&map, at, sizeof(map)) != sizeof(map))
			return;
		last = at;
		if (go_runtime_look_at(&map, memory_read))
			return;
	}
}

static bool is_to_be_looked_for(void)
{
	return !atomic_load(&is_found) && changes != modules_changes() && !process.is_filtered &&
	       !atomic_exchange(&process.go_taken, true);
}

bool go_runtime_renew(void)
{
	if (!is_to_be_looked_for())
		return false;
	/* A dlopen() is announced before it begins. */
	if (_r_debug.r_state == RT_CONSISTENT) {
		changes = modules_changes();
		go_runtime_look_anew();
	}
	atomic_store(&process.go_taken, false);
	return atomic_load(&is_found);
}

IN_CHILD void go_runtime_in_child(void)
{
	atomic_store(&process.go_taken, false);
}

const struct go_runtime *go_runtime_known(void)
{
	return &known;
}

bool go_runtime_stack(uint64_t thread, struct other_stack *other)
{
	static const struct goroutine_reader reader = {read_own};

	return atomic_load(&is_found) && goroutine_find(&known, &reader, thread, other);
}
