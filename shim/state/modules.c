/*
 * The libraries of this process are read from the loader's list of objects (_r_debug). Racing
 * dlopen and dlclose are ordinary: reads go through memory_read(), and a torn list ends the
 * walk.
 */
#include "state/modules.h"
#include "base/build_id.h"
#include "base/process.h"
#include "common/module_key.h"
#include "log/kept_facts.h"
#include "state/schedule.h"
#include <elf.h>
#include <link.h>
#include <string.h>

#define MODULES_MAX     4096
#define SEEN_MAX        1024
#define PROGRAM_HEADERS 64
#define NOTE_BYTES      256

AT_START uintptr_t modules_low, modules_high, modules_program_low, modules_program_high;

/* Changes of the list that were announced, and those that a sync has seen. */
static _Atomic uint32_t changes = 1;
AT_START static uint32_t changes_seen;

/* Hashes of the objects that are kept. A lost race keeps one twice. */
static uint64_t seen[SEEN_MAX];
AT_START static uint32_t seen_count;
/* Length of the list at the last sync. */
AT_START static uint32_t list_length;

/* What the kernel said of the program. */
AT_START static struct {
	const ElfW(Phdr) * headers;
	size_t count;
	uintptr_t vdso;
} program;

IN_START static void widen(uintptr_t *low, uintptr_t *high, uintptr_t from, uintptr_t to)
{
	if (!*low || from < *low)
		*low = from;
	if (to > *high)
		*high = to;
}

/* The kernel's words lie behind the environment. getauxval() would be a page of libc's code. */
IN_START static void read_auxiliary(char **environment)
{
	const ElfW(auxv_t) * entry;

	while (*environment)
		environment++;
	for (entry = (const void *)(environment + 1); entry->a_type != AT_NULL; entry++)
		if (entry->a_type == AT_PHDR)
			program.headers = (const void *)entry->a_un.a_val;
		else if (entry->a_type == AT_PHNUM)
			program.count = entry->a_un.a_val;
		else if (entry->a_type == AT_SYSINFO_EHDR)
			program.vdso = entry->a_un.a_val;
		else if (entry->a_type == AT_PAGESZ)
			process.page_size = (uint32_t)entry->a_un.a_val;
}

IN_START void modules_start(char **environment)
{
	const ElfW(Phdr) * headers;
	size_t count;
	uintptr_t bias = 0;

	read_auxiliary(environment);
	headers = program.headers;
	count = program.count;

	for (size_t i = 0; headers && i < count; i++)
		if (headers[i].p_type == PT_PHDR)
			bias = (uintptr_t)headers - headers[i].p_vaddr;
	for (size_t i = 0; headers && i < count; i++)
		if (headers[i].p_type == PT_LOAD && headers[i].p_flags & PF_X)
			widen(&modules_program_low, &modules_program_high,
			      bias + headers[i].p_vaddr,
			      bias + headers[i].p_vaddr + headers[i].p_memsz);
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		if (map->l_addr && map->l_addr != bias)
			widen(&modules_low, &modules_high, map->l_addr, (uintptr_t)map->l_ld);
}

void modules_note_change(void)
{
	atomic_fetch_add(&changes, 1);
}

uint32_t modules_changes(void)
{
	return atomic_load(&changes);
}

struct program_headers {
	ElfW(Phdr) headers[PROGRAM_HEADERS];
	size_t count;
};

/* A non-PIE program has bias 0, so its headers are asked of the kernel's auxiliary vector. */
static bool read_program_headers(const struct link_map *map, bool is_program,
				 struct program_headers *out)
{
	const void *table = program.headers;
	ElfW(Ehdr) head;

	out->count = program.count;
	if (!is_program) {
		const char *base = (const char *)map->l_addr;

		if (memory_read(&head, base, sizeof(head)) != sizeof(head) ||
		    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
			return false;
		table = base + head.e_phoff;
		out->count = head.e_phnum;
	}
	if (out->count > PROGRAM_HEADERS)
		out->count = PROGRAM_HEADERS;
	return memory_read(out->headers, table, out->count * sizeof(*out->headers)) ==
	       out->count * sizeof(*out->headers);
}

static size_t read_build_id(const struct link_map *map, bool is_program, unsigned char *build_id)
{
	struct program_headers table;
	unsigned char notes[NOTE_BYTES];

	if (!read_program_headers(map, is_program, &table))
		return 0;
	for (size_t i = 0; i < table.count; i++) {
		const ElfW(Phdr) *header = &table.headers[i];
		size_t length = header->p_memsz < sizeof(notes) ? header->p_memsz : sizeof(notes);
		size_t found;

		if (header->p_type != PT_NOTE)
			continue;
		length = memory_read(notes, (const char *)(map->l_addr + header->p_vaddr), length);
		found = build_id_find(notes, length, build_id);
		if (found)
			return found;
	}
	return 0;
}

static size_t read_text(char *to, const char *from, size_t capacity)
{
	size_t length = memory_read(to, from, capacity - 1);

	to[length] = '\0';
	return strlen(to);
}

static bool modules_is_seen(uint64_t hash)
{
	uint32_t count = seen_count < SEEN_MAX ? seen_count : SEEN_MAX;

	for (uint32_t i = 0; i < count; i++)
		if (seen[i] == hash)
			return true;
	return false;
}

static void modules_remember(uint64_t hash)
{
	if (seen_count < SEEN_MAX)
		seen[seen_count++] = hash;
}

static void keep_module(const struct link_map *map, bool is_program)
{
	char path[PATH_LENGTH];
	unsigned char build_id[BUILD_ID_MAX];
	size_t path_length, build_id_length;
	struct record_module *record;
	struct kept_place place;
	kept_fact fact;
	uint64_t hash;

	if (map->l_addr && map->l_addr == program.vdso)
		return;
	path_length = map->l_name ? read_text(path, map->l_name, sizeof(path)) : 0;
	hash = hash_mix(hash_mix(HASH_SEED, RECORD_MODULE), process.image);
	hash = hash_mix(hash_mix(hash, map->l_addr), (uintptr_t)map->l_ld);
	hash = hash_bytes(hash, path, path_length);
	if (modules_is_seen(hash))
		return;
	modules_remember(hash);
	if (map->l_addr && map->l_ld && !is_program)
		widen(&modules_low, &modules_high, map->l_addr, (uintptr_t)map->l_ld);
	if (!process.is_scheduled && kept_find(hash, &place))
		return;
	build_id_length = read_build_id(map, is_program, build_id);
	if (process.is_scheduled) {
		schedule_meet_module(module_key(path, path_length, build_id, build_id_length),
				     map->l_addr);
		if (kept_find(hash, &place))
			return;
	}
	record = kept_claim(&place, sizeof(*record) + path_length + build_id_length, &fact);
	if (!record)
		return;
	record->image = process.image;
	record->bias = map->l_addr;
	record->dynamic = (uintptr_t)map->l_ld;
	record->path_length = (uint16_t)path_length;
	record->build_id_length = (uint16_t)build_id_length;
	memcpy(record->text, path, path_length);
	memcpy(record->text + path_length, build_id, build_id_length);
	kept_commit_pending(&place, record, RECORD_MODULE, fact);
}

void modules_record(void)
{
	modules_sync();
	kept_flush();
}

IN_CHILD void modules_sync(void)
{
	uint32_t announced = atomic_load(&changes);
	const struct link_map *at = _r_debug.r_map;
	struct link_map map;
	uint32_t length = 0;

	if (announced == changes_seen)
		return;
	for (; at && length < MODULES_MAX; at = map.l_next, length++) {
		if (memory_read(&map, at, sizeof(map)) != sizeof(map))
			break;
		keep_module(&map, at == _r_debug.r_map);
	}
	changes_seen = announced;
	list_length = length;
}

IN_CHILD bool modules_are_stale(void)
{
	uint32_t length = 0;

	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		length++;
	return length != list_length;
}
