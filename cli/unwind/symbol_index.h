/*
 * The symbols of a file by address. libdw goes through the whole table for each address, and
 * large libraries have some 200,000 symbols.
 */
#ifndef FORKCHECK_SYMBOL_INDEX_H
#define FORKCHECK_SYMBOL_INDEX_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbol_index;

struct indexed_symbol {
	uint64_t start;
	uint64_t size; /* 0: it is only a label */
	int number;    /* for dwfl_module_getsym_info */
	uint8_t info;  /* as st_info */
};

/* Of code and data; NULL without memory. The module stays the caller's, and must outlive it. */
struct symbol_index *symbol_index_new(Dwfl_Module *dwfl_module);
void symbol_index_free(struct symbol_index *index);

/* The symbols whose bytes hold the address, the latest to begin first. `visit` gets each. */
void symbol_index_covering(const struct symbol_index *index, uint64_t address,
			   void (*visit)(const struct indexed_symbol *symbol, void *context),
			   void *context);

/* The symbols that begin at the address, in the order of the table. NULL and a count of 0: none. */
const struct indexed_symbol *symbol_index_beginning(const struct symbol_index *index,
						    uint64_t address, size_t *count);

/*
 * The last label before the address, a global one rather than a local one, that no symbol with
 * a size lies behind. NULL: none. Its section may be another one than that of the address.
 */
const struct indexed_symbol *symbol_index_label(const struct symbol_index *index, uint64_t address);

#endif
