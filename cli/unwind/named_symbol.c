/*
 * The symbols of a file are compared with names one by one: a few names are looked for, once. No
 * number of the file is believed, and no string of it needs an end.
 */
#include "named_symbol.h"
#include "elf.h"
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

/* Of a table of symbols or strings: libLLVM's .symtab has 12 MB, its strings 30. */
#define TABLE_MAX (UINT64_C(128) << 20)
#define PAGE      UINT64_C(4096)

struct symbol_search {
	struct elf_file file;
	const char *const *names;
	uint64_t *addresses;
	size_t count, found;
	uint64_t bias;
};

/* How far the file was moved, by the segment that its mapping begins with. */
static bool find_bias(struct symbol_search *search, const struct mapped_file *mapped)
{
	for (size_t i = 0; i < search->file.segment_count; i++) {
		const struct elf_segment *segment = &search->file.segments[i];

		if ((segment->offset & ~(PAGE - 1)) != mapped->offset || !segment->file_size)
			continue;
		search->bias = mapped->start - (segment->address & ~(PAGE - 1));
		return true;
	}
	return false;
}

static Elf_Scn *find_table(Elf *elf, uint32_t type, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, header) && header->sh_type == type)
			return section;
	return NULL;
}

static Elf_Data *strings_of(Elf *elf, const GElf_Shdr *table)
{
	Elf_Scn *section = elf_getscn(elf, table->sh_link);
	GElf_Shdr header;

	if (!section || !gelf_getshdr(section, &header) || header.sh_type != SHT_STRTAB ||
	    header.sh_size > TABLE_MAX)
		return NULL;
	return elf_rawdata(section, NULL);
}

static bool named_symbol_is_defined(const GElf_Sym *symbol)
{
	int type = GELF_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && symbol->st_value &&
	       (type == STT_OBJECT || type == STT_FUNC || type == STT_NOTYPE);
}

static bool is_named(const Elf_Data *strings, const GElf_Sym *symbol, const char *name)
{
	size_t size = strlen(name) + 1;

	return strings->d_buf && symbol->st_name < strings->d_size &&
	       size <= strings->d_size - symbol->st_name &&
	       memcmp((const char *)strings->d_buf + symbol->st_name, name, size) == 0;
}

static void compare_symbol(struct symbol_search *search, const Elf_Data *strings,
			   const GElf_Sym *symbol)
{
	for (size_t i = 0; i < search->count; i++) {
		if (search->addresses[i] || !is_named(strings, symbol, search->names[i]))
			continue;
		search->addresses[i] = search->bias + symbol->st_value;
		search->found++;
	}
}

static void search_table(struct symbol_search *search, uint32_t type)
{
	GElf_Shdr header;
	Elf_Scn *section = find_table(search->file.elf, type, &header);
	Elf_Data *symbols, *strings;
	GElf_Sym symbol;

	if (!section || header.sh_size > TABLE_MAX)
		return;
	symbols = elf_getdata(section, NULL);
	strings = strings_of(search->file.elf, &header);
	if (!symbols || !strings)
		return;
	for (int i = 0; search->found < search->count && gelf_getsym(symbols, i, &symbol); i++)
		if (named_symbol_is_defined(&symbol))
			compare_symbol(search, strings, &symbol);
}

static void search_tables(struct symbol_search *search, const struct mapped_file *file)
{
	memset(search->addresses, 0, search->count * sizeof(*search->addresses));
	search_table(search, SHT_DYNSYM);
	if (!file->exported_only)
		search_table(search, SHT_SYMTAB);
}

size_t named_symbol_find(const struct mapped_file *file, const char *const *names,
			 uint64_t *addresses, size_t count)
{
	struct symbol_search search = {.names = names, .addresses = addresses, .count = count};

	memset(addresses, 0, count * sizeof(*addresses));
	if (elf_file_open(&search.file, file->path) != 0)
		return 0;
	if (find_bias(&search, file))
		search_tables(&search, file);
	elf_file_close(&search.file);
	return search.found;
}

static bool read_values(struct symbol_search *search, uint8_t *values, size_t size)
{
	bool all = search->found == search->count;

	for (size_t i = 0; all && i < search->count; i++)
		all = elf_file_read(&search->file, search->addresses[i], values + i * size, size) ==
		      size;
	return all;
}

bool named_symbol_read(const struct mapped_file *file, const char *const *names, void *values,
		       size_t size, size_t count)
{
	struct symbol_search search = {.names = names, .count = count};
	bool all = false;

	search.addresses = calloc(count, sizeof(*search.addresses));
	if (search.addresses && elf_file_open(&search.file, file->path) == 0) {
		search_tables(&search, file);
		all = read_values(&search, values, size);
		elf_file_close(&search.file);
	}
	free(search.addresses);
	return all;
}

static bool read_soname(Elf *elf, char *soname, size_t capacity)
{
	GElf_Shdr header;
	Elf_Scn *section = find_table(elf, SHT_DYNAMIC, &header);
	Elf_Data *data = section && header.sh_size <= TABLE_MAX ? elf_rawdata(section, NULL) : NULL;
	Elf_Data *strings = data ? strings_of(elf, &header) : NULL;
	const GElf_Dyn *entries = data ? data->d_buf : NULL;
	const char *text = strings ? strings->d_buf : NULL;

	for (size_t i = 0; text && entries && i < data->d_size / sizeof(*entries); i++) {
		size_t left;

		if (entries[i].d_tag != DT_SONAME || entries[i].d_un.d_val >= strings->d_size)
			continue;
		left = strings->d_size - entries[i].d_un.d_val;
		if (left > capacity)
			left = capacity;
		if (strnlen(text + entries[i].d_un.d_val, left) == left)
			return false;
		strcpy(soname, text + entries[i].d_un.d_val);
		return *soname != '\0';
	}
	return false;
}

bool named_symbol_soname(const char *path, char *soname, size_t capacity)
{
	struct elf_file file;
	bool is_read;

	if (elf_file_open(&file, path))
		return false;
	is_read = read_soname(file.elf, soname, capacity);
	elf_file_close(&file);
	return is_read;
}
