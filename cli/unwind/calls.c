/*
 * Which function a return address belongs to: the call instruction before it,
 * read from the module's file.
 */
#include "space.h"

/* call rel32: E8 and a distance from the next instruction. */
#define CALL_OPCODE 0xe8
#define CALL_LENGTH 5

static bool read_call_target(struct address_space *space, uint64_t return_address, uint64_t *target)
{
	struct module *module = space_module_at(space, return_address - CALL_LENGTH);
	uint8_t bytes[CALL_LENGTH];
	uint32_t distance;

	if (!module || !module_open(module))
		return false;
	if (elf_file_read(&module->file, return_address - CALL_LENGTH - module->bias, bytes,
			  sizeof(bytes)) != sizeof(bytes) ||
	    bytes[0] != CALL_OPCODE)
		return false;
	distance = (uint32_t)bytes[1] | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3] << 16 |
		   (uint32_t)bytes[4] << 24;
	*target = return_address + (uint64_t)(int64_t)(int32_t)distance;
	return true;
}

static bool find_function(struct address_space *space, uint64_t pc, uint64_t *start, uint64_t *end)
{
	struct module *module = space_module_at(space, pc);
	struct cfi_frame frame;

	if (!module || !module_open(module) ||
	    cfi_find(&module->cfi, &module->file, pc - module->bias, &frame) == CFI_NONE)
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
