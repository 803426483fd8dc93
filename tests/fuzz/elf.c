/*
 * Hostile ELF files: opening, unwinding by their tables, naming addresses and finding names.
 * An input is the file; what is asked of it comes from its last bytes, and from where
 * it calls. Beside it stands libc, where such calls may lead.
 */
#include "cli/unwind/named_symbol.h"
#include "cli/unwind/unwind.h"
#include "fuzz.h"
#include <dlfcn.h>
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BIAS  0x10000000u
#define STACK 0x7ffff0000000u
#define ASKED 64
#define CALLS 16
#define LIBC  0x7fff00000000u

static Dl_info libc;

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
	const void *function = dlsym(RTLD_NEXT, "puts");

	(void)count;
	(void)arguments;
	if (!function || !dladdr(function, &libc))
		errx(2, "no libc");
	return 0;
}

/* A stack on which every word is an address in the file. */
static void unwind(struct address_space *space, struct arena *arena, uint64_t pc)
{
	uint64_t words[64];
	struct captured_memory memory;
	struct stack_registers registers = {.pc = BIAS + pc, .sp = STACK, .fp = STACK + 64};

	for (size_t i = 0; i < 64; i++)
		words[i] = i % 2 ? BIAS + pc : STACK + i * 16;
	captured_memory_init(&memory);
	captured_memory_add(&memory, STACK, (const uint8_t *)words, sizeof(words));
	unwind_stack(space, arena, &registers, false, &memory.memory);
}

static void ask_call(struct address_space *space, struct arena *arena, uint64_t behind, uint64_t pc)
{
	struct frame through;

	unwind_called_function(space, arena, BIAS + behind);
	unwind_call_leads_to(space, BIAS + behind, BIAS + pc);
	unwind_jumped_through(space, arena, BIAS + behind, BIAS + pc, &through);
}

static void ask(struct address_space *space, struct arena *arena, uint64_t pc)
{
	symbolize_code(space, arena, BIAS + pc, pc & 1);
	symbolize_data(space, arena, BIAS + pc);
	ask_call(space, arena, pc, pc / 2);
	unwind(space, arena, pc);
}

/* A call through a PLT entry or a slot, at the same place in the file and in memory. */
static bool is_call(const uint8_t *at)
{
	return at[0] == 0xe8 || (at[0] == 0xff && at[1] == 0x15);
}

static void ask_calls(struct address_space *space, struct arena *arena, const uint8_t *data,
		      size_t length)
{
	size_t asked = 0;

	for (size_t i = 0; i + 6 <= length && asked < CALLS; i++) {
		uint64_t behind = i + (data[i] == 0xe8 ? 5 : 6);
		int32_t distance;

		if (!is_call(data + i))
			continue;
		asked++;
		memcpy(&distance, data + behind - sizeof(distance), sizeof(distance));
		ask_call(space, arena, behind, 0x1000);
		ask_call(space, arena, behind, behind + (uint64_t)(int64_t)distance);
	}
}

static void find_names(const char *path)
{
	static const char *const names[] = {"main", "", "_start"};
	struct mapped_file file = {.path = path, .start = BIAS};
	uint64_t addresses[3];

	named_symbol_find(&file, names, addresses, 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct address_space *space = address_space_new(NULL, NULL);
	int file = memfd_create("elf", 0);
	struct arena arena;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (file < 0 || write(file, data, length) != (ssize_t)length)
		err(2, "memfd");
	arena_init(&arena);
	address_space_add(space, libc.dli_fname, LIBC, NULL, 0);
	if (address_space_add(space, path, BIAS, NULL, 0) == 0)
		for (size_t i = 0; i + 2 <= length && i < ASKED; i += 2) {
			uint16_t pc;

			memcpy(&pc, data + length - i - 2, sizeof(pc));
			ask(space, &arena, pc);
		}
	for (uint64_t pc = 0x1000; pc < 0x1400; pc += 0x40)
		ask(space, &arena, pc);
	ask_calls(space, &arena, data, length);
	find_names(path);
	arena_release(&arena);
	address_space_free(space);
	close(file);
	return 0;
}
