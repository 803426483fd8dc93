/*
 * Decodes calls and the stubs of a PLT. The code is a stranger's: anything may stand before
 * an address that was taken for a return address.
 */
#include "../../arch.h"

#define INSTRUCTION sizeof(uint32_t)
#define PAGE_BYTES  4096

static bool read_instruction(const struct code_reader *reader, uint64_t address, uint32_t *word)
{
	return reader->read(reader, address, word, sizeof(*word));
}

/* The lowest `bits` of a word, with their sign. */
static uint64_t extend(uint64_t word, unsigned int bits)
{
	return (uint64_t)((int64_t)(word << (64 - bits)) >> (64 - bits));
}

/* bl: 26 bits of distance, in instructions */
bool arch_call_target(const struct code_reader *reader, uint64_t return_address, uint64_t *target)
{
	uint64_t address = return_address - INSTRUCTION;
	uint32_t word;

	if (!read_instruction(reader, address, &word) || word >> 26 != 0x25)
		return false;
	*target = address + extend(word, 26) * INSTRUCTION;
	return true;
}

/* It would take several instructions: through a register nothing can be told. */
bool arch_call_slot(const struct code_reader *reader, uint64_t return_address, uint64_t *slot)
{
	(void)reader, (void)return_address, (void)slot;
	return false;
}

/* adrp x16, page; ldr x17, [x16, offset]; with branch protection after a bti c. */
bool arch_stub_slot(const struct code_reader *reader, uint64_t stub, uint64_t *slot)
{
	uint32_t word, load;

	if (!read_instruction(reader, stub, &word))
		return false;
	if (word == 0xd503245f) {
		stub += INSTRUCTION;
		if (!read_instruction(reader, stub, &word))
			return false;
	}
	if ((word & 0x9f00001f) != 0x90000010 ||
	    !read_instruction(reader, stub + INSTRUCTION, &load) ||
	    (load & 0xffc003ff) != 0xf9400211)
		return false;
	*slot = (stub & ~UINT64_C(0xfff)) +
		extend((word >> 5 & 0x7ffff) << 2 | (word >> 29 & 3), 21) * PAGE_BYTES +
		(load >> 10 & 0xfff) * sizeof(uint64_t);
	return true;
}
