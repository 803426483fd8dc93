/*
 * The symbols of a module are sorted here once, and then found by bisection. Numbers in a table of
 * symbols are the target's, and may be anything.
 */
#include "symbol_index.h"
#include <stdlib.h>

struct symbol_index {
	struct indexed_symbol *symbols; /* by start, then number */
	uint64_t *reach;                /* how far the symbols up to this one go */
	size_t count;
};

static uint64_t end_of_symbol(const struct indexed_symbol *symbol)
{
	uint64_t end = symbol->start + symbol->size;

	return end < symbol->start ? UINT64_MAX : end;
}

static int by_start(const void *left, const void *right)
{
	const struct indexed_symbol *one = left, *other = right;

	if (one->start != other->start)
		return one->start < other->start ? -1 : 1;
	return one->number - other->number;
}

static bool is_place(const GElf_Sym *symbol)
{
	int type = GELF_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && symbol->st_name != 0 && type != STT_SECTION &&
	       type != STT_FILE && type != STT_TLS;
}

static void fill_symbols(struct symbol_index *index, Dwfl_Module *dwfl_module, int count)
{
	for (int i = 0; i < count; i++) {
		GElf_Sym symbol;
		GElf_Addr start;

		if (dwfl_module_getsym_info(dwfl_module, i, &symbol, &start, NULL, NULL, NULL) ==
			    NULL ||
		    !is_place(&symbol))
			continue;
		index->symbols[index->count++] = (struct indexed_symbol){
			.start = start,
			.size = symbol.st_size,
			.number = i,
			.info = symbol.st_info,
		};
	}
}

static void fill_reach(struct symbol_index *index)
{
	uint64_t reach = 0;

	for (size_t i = 0; i < index->count; i++) {
		uint64_t end = end_of_symbol(&index->symbols[i]);

		reach = end > reach ? end : reach;
		index->reach[i] = reach;
	}
}

struct symbol_index *symbol_index_new(Dwfl_Module *dwfl_module)
{
	struct symbol_index *index = calloc(1, sizeof(*index));
	int count = dwfl_module_getsymtab(dwfl_module);
	size_t room = count > 0 ? (size_t)count : 1;

	if (index == NULL)
		return NULL;
	index->symbols = calloc(room, sizeof(*index->symbols));
	index->reach = calloc(room, sizeof(*index->reach));
	if (index->symbols == NULL || index->reach == NULL) {
		symbol_index_free(index);
		return NULL;
	}
	fill_symbols(index, dwfl_module, count);
	qsort(index->symbols, index->count, sizeof(*index->symbols), by_start);
	fill_reach(index);
	return index;
}

void symbol_index_free(struct symbol_index *index)
{
	if (index == NULL)
		return;
	free(index->symbols);
	free(index->reach);
	free(index);
}

/* How many begin below the address, or at it. */
static size_t count_up_to(const struct symbol_index *index, uint64_t address)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->symbols[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void symbol_index_covering(const struct symbol_index *index, uint64_t address,
			   void (*visit)(const struct indexed_symbol *symbol, void *context),
			   void *context)
{
	for (size_t i = count_up_to(index, address); i-- > 0 && index->reach[i] > address;)
		if (end_of_symbol(&index->symbols[i]) > address)
			visit(&index->symbols[i], context);
}

const struct indexed_symbol *symbol_index_beginning(const struct symbol_index *index,
						    uint64_t address, size_t *count)
{
	size_t end = count_up_to(index, address);
	size_t first = address > 0 ? count_up_to(index, address - 1) : 0;

	*count = end - first;
	return *count > 0 ? &index->symbols[first] : NULL;
}

const struct indexed_symbol *symbol_index_label(const struct symbol_index *index, uint64_t address)
{
	size_t end = count_up_to(index, address);
	uint64_t bound = end > 0 ? index->reach[end - 1] : 0;
	const struct indexed_symbol *label = NULL;

	for (size_t i = end; i-- > 0 && index->symbols[i].start >= bound;) {
		const struct indexed_symbol *symbol = &index->symbols[i];

		if (symbol->size > 0)
			continue;
		if (GELF_ST_BIND(symbol->info) != STB_LOCAL)
			return symbol;
		if (label == NULL)
			label = symbol;
	}
	return label;
}
