/*
 * Exported names are looked up in the dynamic sections of objects. Every count in them is the
 * program's, and bounded here.
 */
#include "base/symbol_tables.h"
#include <elf.h>
#include <string.h>

#define DYNAMIC_ENTRIES 64
#define CHAIN_MAX       4096
#define NAME_MAX_LENGTH 64
#define WORD_BITS       64
/* Of a version: the object keeps the symbol for programs that were linked with it then. */
#define VERSION_HIDDEN 0x8000

/* The header of a table in the section .gnu.hash. */
struct gnu_hash {
	uint32_t bucket_count, first, bloom_count, bloom_shift;
};

/* Inlined, where the length is known: a load then, if loads will do. */
static inline __attribute__((always_inline)) bool symbol_tables_read_all(
	const struct symbol_table *table, void *to, uintptr_t from, size_t length)
{
	if (table->read)
		return table->read(to, (const void *)from, length) == length;
	memcpy(to, (const void *)from, length);
	return true;
}

/* The loader has put the bias into the pointers, unless the section is read-only. */
IN_START static uintptr_t pointer_of(const struct symbol_table *table, const ElfW(Dyn) * entry)
{
	uintptr_t value = entry->d_un.d_ptr;

	return value < table->bias ? value + table->bias : value;
}

IN_START static uintptr_t find_tables(struct symbol_table *table, const struct link_map *map)
{
	uintptr_t hash = 0;

	/* One at a time: what follows the last one may not be mapped. */
	for (size_t i = 0; i < DYNAMIC_ENTRIES; i++) {
		ElfW(Dyn) entry;

		if (!symbol_tables_read_all(table, &entry, (uintptr_t)(map->l_ld + i),
					    sizeof(entry)) ||
		    entry.d_tag == DT_NULL)
			break;
		if (entry.d_tag == DT_SYMTAB)
			table->symbols = pointer_of(table, &entry);
		else if (entry.d_tag == DT_STRTAB)
			table->strings = pointer_of(table, &entry);
		else if (entry.d_tag == DT_GNU_HASH)
			hash = pointer_of(table, &entry);
		else if (entry.d_tag == DT_VERSYM)
			table->versions = pointer_of(table, &entry);
	}
	return table->symbols && table->strings ? hash : 0;
}

IN_START bool symbols_open(struct symbol_table *table, const struct link_map *map,
			   size_t (*read)(void *to, const void *from, size_t length))
{
	struct gnu_hash head;
	uintptr_t hash;

	memset(table, 0, sizeof(*table));
	table->read = read;
	table->bias = map->l_addr;
	hash = map->l_ld ? find_tables(table, map) : 0;
	if (!hash || !symbol_tables_read_all(table, &head, hash, sizeof(head)) ||
	    !head.bucket_count || !head.bloom_count || head.bloom_count & (head.bloom_count - 1))
		return false;
	table->bucket_count = head.bucket_count;
	table->first = head.first;
	table->bloom_count = head.bloom_count;
	table->bloom_shift = head.bloom_shift % WORD_BITS;
	table->bloom = hash + sizeof(head);
	table->buckets = table->bloom + head.bloom_count * sizeof(uint64_t);
	table->chains = table->buckets + head.bucket_count * sizeof(uint32_t);
	return true;
}

IN_START static uint32_t hash_name(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

/* Most objects do not have the name, and most of those say so here. */
IN_START static bool may_have(const struct symbol_table *table, uint32_t hash)
{
	uint64_t word, bits = UINT64_C(1) << hash % WORD_BITS |
			      UINT64_C(1) << (hash >> table->bloom_shift) % WORD_BITS;

	return symbol_tables_read_all(table, &word,
				      table->bloom + (hash / WORD_BITS & (table->bloom_count - 1)) *
							     sizeof(word),
				      sizeof(word)) &&
	       (word & bits) == bits;
}

/* As dlsym() without a version takes it. */
IN_START static bool is_default(const struct symbol_table *table, uint32_t index)
{
	ElfW(Half) version;

	return !table->versions ||
	       (symbol_tables_read_all(table, &version, table->versions + index * sizeof(version),
				       sizeof(version)) &&
		!(version & VERSION_HIDDEN));
}

IN_START static bool symbol_tables_is_same(const char *one, const char *other)
{
	while (*one && *one == *other)
		one++, other++;
	return *one == *other;
}

IN_START static bool is_name(const struct symbol_table *table, uintptr_t address, const char *name)
{
	char text[NAME_MAX_LENGTH];
	size_t length;

	if (!table->read)
		return symbol_tables_is_same((const char *)address, name);
	length = strlen(name) + 1;
	return length <= sizeof(text) && symbol_tables_read_all(table, text, address, length) &&
	       memcmp(text, name, length) == 0;
}

IN_START static uintptr_t match(const struct symbol_table *table, uint32_t index, const char *name)
{
	ElfW(Sym) symbol;

	if (!symbol_tables_read_all(table, &symbol, table->symbols + index * sizeof(symbol),
				    sizeof(symbol)) ||
	    symbol.st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC ||
	    !is_name(table, table->strings + symbol.st_name, name) || !is_default(table, index))
		return 0;
	return table->bias + symbol.st_value;
}

IN_START static uintptr_t find_hashed(const struct symbol_table *table, const char *name,
				      uint32_t hash)
{
	uint32_t index, entry = 0;
	uintptr_t address = 0;

	if (!may_have(table, hash) ||
	    !symbol_tables_read_all(table, &index,
				    table->buckets + hash % table->bucket_count * sizeof(index),
				    sizeof(index)) ||
	    index < table->first)
		return 0;
	/* The lowest bit of an entry says that the chain ends here. */
	for (uint32_t i = 0; !address && i < CHAIN_MAX && !(entry & 1); i++, index++) {
		if (!symbol_tables_read_all(table, &entry,
					    table->chains + (index - table->first) * sizeof(entry),
					    sizeof(entry)))
			return 0;
		if ((entry | 1) == (hash | 1))
			address = match(table, index, name);
	}
	return address;
}

IN_START uintptr_t symbols_find(const struct symbol_table *table, const char *name)
{
	return find_hashed(table, name, hash_name(name));
}

/* The object after the shim's own. */
IN_START static const struct link_map *first_next(void)
{
	const struct link_map *map = _r_debug.r_map;

	while (map && map->l_ld != _DYNAMIC)
		map = map->l_next;
	return map ? map->l_next : NULL;
}

IN_START bool symbols_open_scope(struct symbol_scope *scope)
{
	const struct link_map *map = first_next();

	scope->count = 0;
	while (map && scope->count < SYMBOL_SCOPE &&
	       symbols_open(&scope->tables[scope->count], map, NULL)) {
		scope->count++;
		map = map->l_next;
	}
	return !map;
}

IN_START uintptr_t symbols_find_in(const struct symbol_scope *scope, const char *name)
{
	uint32_t hash = hash_name(name);
	uintptr_t found = 0;

	for (uint32_t i = 0; i < scope->count && !found; i++)
		found = find_hashed(&scope->tables[i], name, hash);
	return found;
}

IN_START uintptr_t symbols_find_next(const char *name, const struct link_map *last)
{
	const struct link_map *map = first_next();
	struct symbol_table table;
	uintptr_t found = 0;

	for (; map && !found; map = map != last ? map->l_next : NULL)
		if (symbols_open(&table, map, NULL))
			found = symbols_find(&table, name);
	return found;
}
