/* The functions and lines of an address come from DWARF here, inlined functions included. */
#include "space.h"
#include <dwarf.h>
#include <elfutils/libdw.h>

/* Entries that a search may visit: a bound for files that lead in circles. */
#define VISITS_MAX (1u << 20)

struct search {
	Dwarf_Addr address;
	Dwarf_Die chain[SCOPES_MAX]; /* outermost first */
	size_t count;
	unsigned int visits;
	bool thorough; /* look also into what does not hold the address */
};

static bool is_function(int tag)
{
	return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

/* Entries without addresses of their own that functions are defined in. */
static bool is_container(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_class_type ||
	       tag == DW_TAG_structure_type || tag == DW_TAG_union_type ||
	       tag == DW_TAG_enumeration_type;
}

static bool scopes_find_chain(struct search *search, Dwarf_Die *parent, unsigned int depth);

static bool scopes_look_into(struct search *search, Dwarf_Die *entry, unsigned int depth)
{
	int tag = dwarf_tag(entry);
	bool holds = dwarf_haspc(entry, search->address) > 0;

	if (!holds && !search->thorough && !is_container(tag))
		return false;
	bool is_link = holds && is_function(tag);
	if (is_link)
		search->chain[search->count++] = *entry;
	return (search->count < SCOPES_MAX && scopes_find_chain(search, entry, depth + 1)) ||
	       is_link;
}

/* Appends the functions below `parent` that hold the address. */
static bool scopes_find_chain(struct search *search, Dwarf_Die *parent, unsigned int depth)
{
	Dwarf_Die entry;

	if (depth > SCOPES_MAX || dwarf_child(parent, &entry) != 0)
		return false;
	do {
		if (search->visits++ > VISITS_MAX)
			return false;
		if (scopes_look_into(search, &entry, depth))
			return true;
	} while (dwarf_siblingof(&entry, &entry) == 0);
	return false;
}

/* A nested function may lie in one that does not hold its address. */
static void find_functions(struct search *search, Dwarf_Die *unit)
{
	if (scopes_find_chain(search, unit, 0))
		return;
	search->thorough = true;
	scopes_find_chain(search, unit, 0);
}

static bool is_string_section(const char *name)
{
	return name != NULL &&
	       (strcmp(name, ".debug_str") == 0 || strcmp(name, ".debug_line_str") == 0);
}

/* libdw 0.188 reads the names of a line table up to a NUL that the section of a
 * damaged file does not have. */
static bool strings_end(Elf *elf)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf == NULL || elf_getshdrstrndx(elf, &names) != 0)
		return false;
	while ((section = elf_nextscn(elf, section)) != NULL) {
		GElf_Shdr header;
		Elf_Data *data;

		if (gelf_getshdr(section, &header) == NULL ||
		    !is_string_section(elf_strptr(elf, names, header.sh_name)))
			continue;
		data = elf_getdata(section, NULL);
		if (data == NULL || data->d_size == 0 ||
		    ((const char *)data->d_buf)[data->d_size - 1] != '\0')
			return false;
	}
	return true;
}

/*
 * dwfl_module_addrdie wants .debug_aranges, which clang, rustc and Go do not write. Where
 * only a part of a file has them, C code linked into a Go program, it gives the nearest unit
 * below the address, whatever that is.
 */
static Dwarf_Die *find_unit(Dwfl_Module *dwfl_module, uint64_t address, Dwarf_Addr *bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(dwfl_module, address, bias);

	if (unit != NULL && dwarf_haspc(unit, address - *bias) > 0)
		return unit;
	unit = NULL;
	while ((unit = dwfl_module_nextcu(dwfl_module, unit, bias)) != NULL) {
		if (dwarf_haspc(unit, address - *bias) > 0)
			return unit;
	}
	return NULL;
}

static const char *string_attribute(Dwarf_Die *entry, unsigned int name)
{
	Dwarf_Attribute attribute;

	return dwarf_formstring(dwarf_attr_integrate(entry, name, &attribute));
}

static bool is_c_plus_plus(Dwarf_Die *unit)
{
	int language = dwarf_srclang(unit);

	return language == DW_LANG_C_plus_plus || language == DW_LANG_C_plus_plus_03 ||
	       language == DW_LANG_C_plus_plus_11 || language == DW_LANG_C_plus_plus_14;
}

/* gcc gives no linkage name to members of local classes (lambdas). */
static void set_name(struct scope *scope, Dwarf_Die *unit, Dwarf_Die *entry)
{
	scope->name = string_attribute(entry, DW_AT_linkage_name);
	if (scope->name == NULL)
		scope->name = string_attribute(entry, DW_AT_MIPS_linkage_name);
	if (scope->name != NULL)
		return;
	scope->name = dwarf_diename(entry);
	scope->unqualified = is_c_plus_plus(unit);
}

static void set_line(struct scope *scope, Dwarf_Die *unit, Dwarf_Addr address)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, address);
	int number;

	if (line == NULL || dwarf_lineno(line, &number) != 0)
		return;
	scope->file = dwarf_linesrc(line, NULL, NULL);
	scope->line = number > 0 ? number : 0;
}

static Dwarf_Word number_attribute(Dwarf_Die *entry, unsigned int name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;

	if (dwarf_formudata(dwarf_attr(entry, name, &attribute), &value) != 0)
		return 0;
	return value;
}

/* Where the inlined function `callee` was called. */
static void set_call_line(struct scope *scope, Dwarf_Die *unit, Dwarf_Die *callee)
{
	Dwarf_Files *files;
	size_t count;
	Dwarf_Word line = number_attribute(callee, DW_AT_call_line);

	if (dwarf_getsrcfiles(unit, &files, &count) == 0)
		scope->file =
			dwarf_filesrc(files, number_attribute(callee, DW_AT_call_file), NULL, NULL);
	scope->line = line <= INT32_MAX ? (int)line : 0;
}

static void set_directories(struct scope *scopes, size_t count, Dwarf_Die *unit)
{
	const char *directory = string_attribute(unit, DW_AT_comp_dir);

	for (size_t i = 0; i < count; i++)
		if (scopes[i].file != NULL && scopes[i].file[0] != '/')
			scopes[i].directory = directory;
}

size_t scopes_at(Dwfl_Module *dwfl_module, uint64_t address, struct scope scopes[SCOPES_MAX])
{
	Dwarf_Addr bias;
	Dwarf_Die *unit = find_unit(dwfl_module, address, &bias);
	size_t count = 0;

	if (unit == NULL || !strings_end(dwarf_getelf(dwarf_cu_getdwarf(unit->cu))))
		return 0;
	struct search search = {.address = address - bias};
	find_functions(&search, unit);
	scopes[0] = (struct scope){0};
	set_line(&scopes[0], unit, search.address);
	for (size_t i = search.count; i-- > 0;) {
		Dwarf_Die *entry = &search.chain[i];

		set_name(&scopes[count++], unit, entry);
		if (dwarf_tag(entry) == DW_TAG_subprogram || count == SCOPES_MAX)
			break;
		scopes[count] = (struct scope){0};
		set_call_line(&scopes[count], unit, entry);
	}
	set_directories(scopes, count > 0 ? count : 1, unit);
	/* A line without a function is better than nothing. */
	return count > 0 ? count : scopes[0].line > 0;
}
