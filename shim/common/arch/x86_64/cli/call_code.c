/*
 * Decodes calls and the stubs of a PLT. The code is a stranger's: anything may stand before
 * an address that was taken for a return address.
 */
#include "../../arch.h"
#include <string.h>

/* call rel32: E8 and a distance from the next instruction. */
#define CALL_OPCODE 0xe8
#define CALL_LENGTH 5

/* ff /2 (call) or ff /4 (jmp) through memory at a distance from the next instruction. */
#define SLOT_OPCODE 0xff
#define SLOT_CALL   0x15
#define SLOT_JUMP   0x25
#define SLOT_LENGTH 6

static uint64_t at_distance(uint64_t next, const uint8_t *bytes)
{
	int32_t distance;

	memcpy(&distance, bytes, sizeof(distance));
	return next + (uint64_t)(int64_t)distance;
}

bool arch_call_target(const struct code_reader *reader, uint64_t return_address, uint64_t *target)
{
	uint8_t bytes[CALL_LENGTH];

	if (!reader->read(reader, return_address - CALL_LENGTH, bytes, sizeof(bytes)) ||
	    bytes[0] != CALL_OPCODE)
		return false;
	*target = at_distance(return_address, bytes + 1);
	return true;
}

static bool read_slot(const struct code_reader *reader, uint64_t address, uint8_t operation,
		      uint64_t *slot)
{
	uint8_t bytes[SLOT_LENGTH];

	if (!reader->read(reader, address, bytes, sizeof(bytes)) || bytes[0] != SLOT_OPCODE ||
	    bytes[1] != operation)
		return false;
	*slot = at_distance(address + SLOT_LENGTH, bytes + 2);
	return true;
}

/* In code that was built with -fno-plt. */
bool arch_call_slot(const struct code_reader *reader, uint64_t return_address, uint64_t *slot)
{
	return read_slot(reader, return_address - SLOT_LENGTH, SLOT_CALL, slot);
}

/* With control-flow protection a stub begins with endbr64, and may have a bnd prefix. */
bool arch_stub_slot(const struct code_reader *reader, uint64_t stub, uint64_t *slot)
{
	static const uint8_t lead_ins[] = {0, 4, 5};

	for (size_t i = 0; i < sizeof(lead_ins); i++)
		if (read_slot(reader, stub + lead_ins[i], SLOT_JUMP, slot))
			return true;
	return false;
}
