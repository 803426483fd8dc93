/*
 * A wait that an interpreter begins again for ever is known by whose word it waits for. It
 * counts as quiescent: the lock is held, or the next look at it would take it; its holder is
 * another thread of the process; when all of those wait without a time limit, none of them can
 * give it back.
 */
#include "interpreter_code.h"
#include <string.h>

/* The symbol that the lock and its condition variable lie in. CPython 3.7 to
 * 3.15 exports this one (Python/ceval_gil.c, take_gil). */
static const char *const symbols[] = {"_PyRuntime"};

bool interpreter_owns(struct model *model, uint32_t process, uint64_t address)
{
	struct address_space *space = model_space(model, process);
	struct data_symbol symbol;
	struct arena arena;
	bool owns = false;

	if (!space)
		return false;
	arena_init(&arena);
	symbol = symbolize_data(space, &arena, address);
	for (size_t i = 0; symbol.name && i < sizeof(symbols) / sizeof(*symbols); i++)
		owns |= strncmp(symbol.name, symbols[i], strlen(symbols[i])) == 0 &&
			strchr("+", symbol.name[strlen(symbols[i])]) != NULL;
	arena_release(&arena);
	return owns;
}
