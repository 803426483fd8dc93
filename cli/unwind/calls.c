/*
 * The function that a return address belongs to is found by the call instruction before it,
 * read from the module's file. Through a PLT entry to the name in the relocation of its slot.
 */
#include "shim/common/arch/arch.h"
#include "space.h"
#include <gelf.h>
#include <string.h>

/* The files of a space as code. */
struct space_code {
	struct code_reader reader;
	struct address_space *space;
};

static bool read_code(const struct code_reader *reader, uint64_t address, void *to, size_t length)
{
	const struct space_code *code = (const struct space_code *)reader;
	struct module *module = space_module_at(code->space, address);

	return module && module_open(module) &&
	       elf_file_read(&module->image->file, address - module->bias, to, length) == length;
}

static bool read_call_target(struct address_space *space, uint64_t return_address, uint64_t *target)
{
	const struct space_code code = {{read_code}, space};

	return arch_call_target(&code.reader, return_address, target);
}

static bool find_function(struct address_space *space, uint64_t pc, uint64_t *start, uint64_t *end)
{
	struct module *module = space_module_at(space, pc);
	struct cfi_frame frame;

	if (!module || !module_open(module) ||
	    cfi_find(&module->image->cfi, &module->image->file, pc - module->bias, &frame) ==
		    CFI_NONE)
		return false;
	*start = module->bias + frame.start;
	*end = module->bias + frame.end;
	return true;
}

enum call_target unwind_call_leads_to(struct address_space *space, uint64_t return_address,
				      uint64_t pc)
{
	uint64_t target, start, end, callee_start, callee_end;

	if (!read_call_target(space, return_address, &target) ||
	    !find_function(space, pc, &start, &end))
		return CALL_UNKNOWN;
	if (target == start)
		return CALL_LEADS;
	/* A PLT entry has a description of its own, or none: it may lead anywhere. */
	if (!find_function(space, target, &callee_start, &callee_end) || callee_start != target)
		return CALL_UNKNOWN;
	return CALL_DIFFERS;
}

static const char *symbol_name(Elf *elf, const GElf_Shdr *relocations, uint64_t index)
{
	Elf_Scn *section = elf_getscn(elf, relocations->sh_link);
	Elf_Data *symbols = section ? elf_getdata(section, NULL) : NULL;
	GElf_Shdr header;
	GElf_Sym symbol;

	if (!symbols || index > INT32_MAX || !gelf_getshdr(section, &header) ||
	    !gelf_getsym(symbols, (int)index, &symbol))
		return NULL;
	return elf_strptr(elf, header.sh_link, symbol.st_name);
}

static const char *find_in_section(Elf *elf, Elf_Scn *section, uint64_t slot)
{
	GElf_Shdr header;
	Elf_Data *data;
	GElf_Rela entry;

	if (!gelf_getshdr(section, &header) || header.sh_type != SHT_RELA || !header.sh_entsize)
		return NULL;
	data = elf_getdata(section, NULL);
	for (int i = 0; data && gelf_getrela(data, i, &entry); i++)
		if (entry.r_offset == slot)
			return symbol_name(elf, &header, GELF_R_SYM(entry.r_info));
	return NULL;
}

/* The symbol that the loader binds a slot to. */
static const char *slot_symbol(struct address_space *space, uint64_t slot)
{
	struct module *module = space_module_at(space, slot);
	Elf_Scn *section = NULL;
	const char *name = NULL;

	if (!module || !module_open(module))
		return NULL;
	while (!name && (section = elf_nextscn(module->image->file.elf, section)))
		name = find_in_section(module->image->file.elf, section, slot - module->bias);
	return name && *name ? name : NULL;
}

/* The slot that a call goes through, itself or by way of a PLT entry. */
static bool read_called_slot(struct address_space *space, uint64_t return_address, uint64_t *slot)
{
	const struct space_code code = {{read_code}, space};
	uint64_t target;

	return arch_call_slot(&code.reader, return_address, slot) ||
	       (arch_call_target(&code.reader, return_address, &target) &&
		arch_stub_slot(&code.reader, target, slot));
}

const char *unwind_called_function(struct address_space *space, struct arena *arena,
				   uint64_t return_address)
{
	uint64_t target, slot;
	const char *name;
	struct frames frames;

	if (read_called_slot(space, return_address, &slot)) {
		name = slot_symbol(space, slot);
		return name ? function_text(arena, name) : NULL;
	}
	if (!read_call_target(space, return_address, &target))
		return NULL;
	frames = symbolize_code(space, arena, target, false);
	return frames.count ? frames.list[frames.count - 1].function : NULL;
}

static uint64_t find_export_in(Elf *elf, Elf_Scn *section, const char *name)
{
	GElf_Shdr header;
	Elf_Data *data;
	GElf_Sym symbol;

	if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNSYM)
		return 0;
	data = elf_getdata(section, NULL);
	for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
		const char *other = elf_strptr(elf, header.sh_link, symbol.st_name);

		if (symbol.st_shndx != SHN_UNDEF && other && strcmp(other, name) == 0)
			return symbol.st_value;
	}
	return 0;
}

/* Where a module has the symbol for others, in the process; 0: nowhere. */
static uint64_t find_export(struct module *module, const char *name)
{
	Elf_Scn *section = NULL;
	uint64_t value = 0;

	if (!module || module->is_shim || !module_open(module))
		return 0;
	while (!value && (section = elf_nextscn(module->image->file.elf, section)))
		value = find_export_in(module->image->file.elf, section, name);
	return value ? module->bias + value : 0;
}

static uint64_t find_exporter(struct address_space *space, const char *name)
{
	uint64_t address = 0;

	for (struct module *module = space->newest; module && !address; module = module->older)
		address = find_export(module, name);
	return address;
}

/* The entry of the function that was called, if `inner` has none of that name; else 0. */
static uint64_t find_foreign_callee(struct address_space *space, uint64_t return_address,
				    struct module *inner)
{
	uint64_t target, slot;
	const char *name;

	if (read_called_slot(space, return_address, &slot)) {
		name = slot_symbol(space, slot);
		return name && !find_export(inner, name) ? find_exporter(space, name) : 0;
	}
	if (!read_call_target(space, return_address, &target))
		return 0;
	return space_module_at(space, target) != inner ? target : 0;
}

bool unwind_jumped_through(struct address_space *space, struct arena *arena,
			   uint64_t return_address, uint64_t pc, struct frame *through)
{
	struct module *inner = space_module_at(space, pc), *module;
	uint64_t entry = inner ? find_foreign_callee(space, return_address, inner) : 0;

	if (!entry || !(module = space_module_at(space, entry)))
		return false;
	*through = (struct frame){
		.function = unwind_called_function(space, arena, return_address),
		.module = arena_strdup(arena, module->path),
		.offset = entry - module->bias,
		.pc = entry,
	};
	return through->function != NULL;
}
