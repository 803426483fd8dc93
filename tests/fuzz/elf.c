/*
 * Hostile ELF files: opening, unwinding by their tables and naming addresses.
 * An input is the file; what is asked of it comes from its last bytes.
 */
#include "../../cli/unwind/unwind.h"
#include "fuzz.h"
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BIAS  0x10000000u
#define STACK 0x7ffff0000000u
#define ASKED 64

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
	(void)count;
	(void)arguments;
	return 0;
}

/* A stack on which every word is an address in the file. */
static void unwind(struct address_space *space, struct arena *arena, uint64_t pc)
{
	uint64_t words[64];
	struct captured_memory memory;
	struct stack_registers registers = {.rip = BIAS + pc, .rsp = STACK, .rbp = STACK + 64};

	for (size_t i = 0; i < 64; i++)
		words[i] = i % 2 ? BIAS + pc : STACK + i * 16;
	captured_memory_init(&memory);
	captured_memory_add(&memory, STACK, (const uint8_t *)words, sizeof(words));
	unwind_stack(space, arena, &registers, false, &memory.memory);
}

static void ask(struct address_space *space, struct arena *arena, uint64_t pc)
{
	struct frame through;

	symbolize_code(space, arena, BIAS + pc, pc & 1);
	symbolize_data(space, arena, BIAS + pc);
	unwind_called_function(space, arena, BIAS + pc);
	unwind_call_leads_to(space, BIAS + pc, BIAS + pc / 2);
	unwind_jumped_through(space, arena, BIAS + pc, BIAS + pc / 2, &through);
	unwind(space, arena, pc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct address_space *space = address_space_new(NULL);
	int file = memfd_create("elf", 0);
	struct arena arena;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (file < 0 || write(file, data, length) != (ssize_t)length)
		err(2, "memfd");
	arena_init(&arena);
	if (address_space_add(space, path, BIAS, NULL, 0) == 0)
		for (size_t i = 0; i + 2 <= length && i < ASKED; i += 2) {
			uint16_t pc;

			memcpy(&pc, data + length - i - 2, sizeof(pc));
			ask(space, &arena, pc);
		}
	for (uint64_t pc = 0x1000; pc < 0x1400; pc += 0x40)
		ask(space, &arena, pc);
	arena_release(&arena);
	address_space_free(space);
	close(file);
	return 0;
}
