/*
 * The interpreter of Python is found by its exported symbols, in the loader's list (_r_debug),
 * read without the loader's lock. What came by dlopen() is read by memory_read(), for it may
 * be unloaded meanwhile; what was there at the start never is.
 */
#include "record/loaded_interpreter.h"
#include "base/process.h"
#include "base/symbol_tables.h"
#include "common/python/versions.h"
#include "record/private_facts.h"
#include "state/modules.h"
#include <link.h>
#include <string.h>

#define OBJECTS_MAX 4096
/* Who still reads the frames of an interpreter that was unloaded has so many more
 * to come before the place of that one is taken. */
#define KEPT 8

#define NEWEST(function, version) {function, version},

/* The list as it was looked through: unless it differs, there is nothing new. */
struct mark {
	uint32_t changes;            /* modules_changes() */
	const struct link_map *last; /* and what it leads to */
	uintptr_t dynamic;
};

static struct interpreter kept[KEPT];
AT_START static uint32_t found_count;
AT_START static struct interpreter *_Atomic loaded;
AT_START static struct mark mark;
/* The last object of the start. */
AT_START static const struct link_map *first_end;
AT_START static const struct r_debug *loader;

IN_START static uint32_t find_version(const struct symbol_table *table)
{
	static const struct {
		const char *function;
		uint32_t version;
	} newest[] = {PYTHON_NEWEST_FUNCTIONS(NEWEST)};
	uintptr_t address = symbols_find(table, "Py_Version");
	uint64_t version = 0;

	if (address)
		return table->read(&version, (const void *)address, sizeof(version)) ==
				       sizeof(version)
			       ? (uint32_t)version
			       : 0;
	for (size_t i = 0; i < sizeof(newest) / sizeof(*newest); i++)
		if (symbols_find(table, newest[i].function))
			return newest[i].version;
	return 0;
}

IN_START static void find_switch(const struct symbol_table *table, struct interpreter_switch *found)
{
	*found = (struct interpreter_switch){0};
	if (!process.is_scheduled)
		return;
	found->save_thread = symbols_find(table, "PyEval_SaveThread");
	found->restore_thread = symbols_find(table, "PyEval_RestoreThread");
	/* These two became public with 3.13. */
	found->get_thread = symbols_find(table, "_PyThreadState_UncheckedGet");
	found->is_finalizing = symbols_find(table, "_Py_IsFinalizing");
}

/* What is found of one goes to `found`: its symbols and its switch. */
IN_START static bool loaded_interpreter_is_interpreter(const struct link_map *map,
						       struct interpreter *found,
						       size_t (*read)(void *to, const void *from,
								      size_t length))
{
	struct symbol_table table;
	uintptr_t runtime;

	if (!symbols_open(&table, map, read))
		return false;
	runtime = symbols_find(&table, "_PyRuntime");
	if (!runtime)
		return false;
	found->symbols = (struct python_interpreter){
		.runtime = runtime,
		.code_type = symbols_find(&table, "PyCode_Type"),
		.unicode_type = symbols_find(&table, "PyUnicode_Type"),
		.version = find_version(&table),
		.before_fork = symbols_find(&table, "PyOS_BeforeFork"),
	};
	find_switch(&table, &found->switching);
	return true;
}

/* A program that unloads an interpreter and loads it again often gets the same addresses. */
IN_START static struct interpreter *loaded_interpreter_keep(const struct link_map *map,
							    const struct interpreter *found)
{
	struct interpreter *place;

	for (size_t i = 0; i < KEPT; i++)
		if (memcmp(&kept[i].symbols, &found->symbols, sizeof(found->symbols)) == 0)
			return &kept[i];
	place = &kept[found_count++ % KEPT];
	place->symbols = found->symbols;
	place->switching = found->switching;
	place->bias = map->l_addr;
	place->dynamic = (uintptr_t)map->l_ld;
	atomic_store(&place->layout_is_proven, false);
	atomic_store(&place->collector_is_proven, false);
	return place;
}

IN_START static void set_loaded(struct interpreter *interpreter)
{
	atomic_store(&loaded, interpreter);
	facts_note_python(interpreter ? &interpreter->symbols : NULL);
}

/* Nothing can be unmapped while the constructor runs. */
IN_START static size_t read_at_start(void *to, const void *from, size_t length)
{
	memcpy(to, from, length);
	return length;
}

struct interpreter *interpreter_loaded(void)
{
	return atomic_load_explicit(&loaded, memory_order_acquire);
}

IN_START void interpreter_start_at(const struct r_debug *list)
{
	struct interpreter found;

	loader = list;
	for (const struct link_map *map = list->r_map; map; map = map->l_next) {
		if (!interpreter_loaded() &&
		    loaded_interpreter_is_interpreter(map, &found, read_at_start)) {
			set_loaded(loaded_interpreter_keep(map, &found));
			interpreter_loaded()->is_permanent = true;
		}
		first_end = map;
	}
	mark.last = first_end;
	mark.changes = modules_changes();
}

/* Where a program refers to _r_debug itself it has a copy, whose state is never renewed. */
IN_START static const struct r_debug *loaded_interpreter_find_loader(void)
{
	const ElfW(Dyn) *entry = _r_debug.r_map->l_ld;

	for (; entry && entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == DT_DEBUG && entry->d_un.d_ptr)
			return (const struct r_debug *)entry->d_un.d_ptr;
	return &_r_debug;
}

IN_START void interpreter_start(void)
{
	interpreter_start_at(loaded_interpreter_find_loader());
}

static const struct link_map *first_late(void)
{
	return __atomic_load_n(&first_end->l_next, __ATOMIC_ACQUIRE);
}

/* What libc loads for itself is not announced. */
static bool has_grown(void)
{
	struct link_map last;

	if (mark.last == first_end)
		return first_late() != NULL;
	return memory_read(&last, mark.last, sizeof(last)) != sizeof(last) || last.l_next ||
	       (uintptr_t)last.l_ld != mark.dynamic;
}

/* One that was found is only asked whether it still is there. */
static bool has_changed(void)
{
	const struct interpreter *known = interpreter_loaded();

	if (known && known->is_permanent)
		return false;
	return mark.changes != modules_changes() || (!known && has_grown());
}

static bool loaded_interpreter_is_at_rest(void)
{
	return __atomic_load_n(&loader->r_state, __ATOMIC_ACQUIRE) == RT_CONSISTENT;
}

static bool loaded_interpreter_holds(const struct link_map *map,
				     const struct interpreter *interpreter)
{
	return map->l_addr == interpreter->bias && (uintptr_t)map->l_ld == interpreter->dynamic;
}

struct look {
	struct mark mark;
	struct interpreter *found;
	bool is_complete; /* the list was read to its end */
};

/* Walks what came after the start: for the one that is known, or for any. */
static struct look look_for(const struct interpreter *known)
{
	struct look look = {.mark = {.changes = modules_changes(), .last = first_end}};
	const struct link_map *at = first_late();
	struct interpreter found;
	struct link_map map;

	for (size_t i = 0; at && i < OBJECTS_MAX && !look.found; at = map.l_next, i++) {
		if (memory_read(&map, at, sizeof(map)) != sizeof(map))
			return look;
		look.mark.last = at;
		look.mark.dynamic = (uintptr_t)map.l_ld;
		if (known ? loaded_interpreter_holds(&map, known)
			  : loaded_interpreter_is_interpreter(&map, &found, memory_read))
			look.found = known ? interpreter_loaded()
					   : loaded_interpreter_keep(&map, &found);
	}
	look.is_complete = look.found || !at;
	return look;
}

/*
 * A dlopen() is announced before it begins, and its wrapper cannot come back to say
 * that it is done. So a look is the last one only where the loader was not at work.
 */
static void loaded_interpreter_look_anew(void)
{
	const struct interpreter *known = interpreter_loaded();
	bool was_at_rest = loaded_interpreter_is_at_rest();
	struct look look = look_for(known);

	if (known && !look.found && look.is_complete)
		look = look_for(NULL);
	if (!look.is_complete)
		return;
	if (look.found != known)
		set_loaded(look.found);
	if (was_at_rest && loaded_interpreter_is_at_rest())
		mark = look.mark;
}

/* No lock: who finds another at it does with what was known. */
void interpreter_renew(void)
{
	if (process.is_filtered || atomic_exchange(&process.interpreter_taken, true))
		return;
	if (has_changed())
		loaded_interpreter_look_anew();
	atomic_store(&process.interpreter_taken, false);
}

IN_CHILD void interpreter_in_child(void)
{
	atomic_store(&process.interpreter_taken, false);
}
