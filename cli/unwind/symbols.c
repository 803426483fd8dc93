/*
 * Addresses of code and data get their names here: DWARF first, then symbol tables; demangled;
 * what was asked once is remembered.
 */
#include "space.h"
#include <libiberty/demangle.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* Demangling may take time and memory that grow fast with a hostile name. */
#define MANGLED_MAX 4096

/* An answer of symbolize_code, in the space's own arena. */
struct place {
	uint64_t pc;
	bool is_return;
	struct frames frames;
};

static int compare_places(const void *left, const void *right)
{
	const struct place *a = left;
	const struct place *b = right;

	if (a->pc != b->pc)
		return a->pc < b->pc ? -1 : 1;
	return a->is_return - b->is_return;
}

static void symbols_keep(void *place)
{
	(void)place; /* belongs to the arena */
}

void symbols_forget(struct address_space *space)
{
	tdestroy(space->places, symbols_keep);
	space->places = NULL;
}

static char *demangle(struct arena *arena, const char *name)
{
	char *text = NULL;

	if (strnlen(name, MANGLED_MAX) < MANGLED_MAX)
		text = cplus_demangle(name, DMGL_AUTO);
	if (text == NULL)
		return NULL;
	char *copy = arena_strdup(arena, text);
	free(text);
	return copy;
}

/*
 * C++ and Rust names, without parameters and hashes; NULL for other names. A
 * compiler's suffix (.part.0, .cold) is no part of a mangled name, but in Rust's
 * older mangling a dot may be.
 */
static const char *demangle_stem(struct arena *arena, const char *name)
{
	const char *text = demangle(arena, arena_strndup(arena, name, strcspn(name, ".")));

	return text != NULL ? text : demangle(arena, name);
}

/* What a compiler or linker puts behind a dot; in Go and other languages a dot is a part of
 * the name ("main.main", "main.main.func1.1"). */
static bool is_clone_suffix(const char *word)
{
	static const char *const words[] = {
		"part",      "constprop", "isra", "cold",       "lto_priv",  "llvm",
		"_omp_fn",   "abi0",      "ipa",  "localalias", "resolver",  "omp_outlined",
		"extracted", "unlikely",  "warm", "hot",        "simdclone",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return strncmp(word, "__uniq", 6) == 0;
}

static bool is_number(const char *word)
{
	return *word != '\0' && word[strspn(word, "0123456789")] == '\0';
}

/* A number counts behind such a word, or alone: work.part.0, work.0. */
static bool ends_in_clone(char *words)
{
	char *dot = strrchr(words, '.'), *before;
	bool is_behind_word;

	if (dot == NULL || dot == words)
		return false;
	if (!is_number(dot + 1))
		return is_clone_suffix(dot + 1);
	*dot = '\0';
	before = strrchr(words, '.');
	is_behind_word = before == NULL || is_clone_suffix(before + 1);
	*dot = '.';
	return is_behind_word;
}

/* gcc and clang make clones of functions (work.part.0); the linker adds versions
 * (fork@@GLIBC_2.2.5). */
const char *function_text(struct arena *arena, const char *name)
{
	const char *text = demangle_stem(arena, name);
	size_t length = strcspn(name, "@");
	char *words;

	if (text != NULL)
		return text;
	words = arena_strndup(arena, name, length > 0 ? length : strlen(name));
	while (ends_in_clone(words))
		*strrchr(words, '.') = '\0';
	return words;
}

static bool is_suffix(const char *word)
{
	return strspn(word, "0123456789") == strlen(word) || strcmp(word, "lto_priv") == 0 ||
	       strcmp(word, "llvm") == 0;
}

/* gcc calls a function's static lock.0, clang function.lock; both may add to it. */
static const char *object_text(struct arena *arena, const char *name)
{
	const char *text = demangle_stem(arena, name);
	char *words = arena_strndup(arena, name, strcspn(name, "@"));
	char *dot;

	if (text != NULL)
		return text;
	while ((dot = strrchr(words, '.')) != NULL && dot != words && is_suffix(dot + 1))
		*dot = '\0';
	return dot != NULL ? dot + 1 : words;
}

static bool is_code(const struct indexed_symbol *symbol)
{
	int type = GELF_ST_TYPE(symbol->info);

	return type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE;
}

static bool is_data(const struct indexed_symbol *symbol)
{
	return GELF_ST_TYPE(symbol->info) == STT_OBJECT;
}

/* The linker's name; NULL: it has none. */
static const char *symbol_name(struct image *image, const struct indexed_symbol *symbol)
{
	GElf_Sym elf_symbol;
	GElf_Addr start;
	const char *name = dwfl_module_getsym_info(image->dwfl_module, symbol->number, &elf_symbol,
						   &start, NULL, NULL, NULL);

	return name != NULL && name[0] != '\0' ? name : NULL;
}

static int rank_of_binding(const struct indexed_symbol *symbol)
{
	switch (GELF_ST_BIND(symbol->info)) {
	case STB_GLOBAL:
		return 3;
	case STB_WEAK:
		return 2;
	case STB_LOCAL:
		return 0;
	default:
		return 1;
	}
}

static bool is_local(const struct indexed_symbol *symbol)
{
	return GELF_ST_BIND(symbol->info) == STB_LOCAL;
}

/* Names that others use, then the function that begins last, then the smallest. */
static bool is_nearer(const struct indexed_symbol *symbol, const struct indexed_symbol *than)
{
	if (is_local(symbol) != is_local(than))
		return is_local(than);
	if (symbol->start != than->start)
		return symbol->start > than->start;
	if (rank_of_binding(symbol) != rank_of_binding(than))
		return rank_of_binding(symbol) > rank_of_binding(than);
	if (symbol->size != than->size)
		return symbol->size < than->size;
	return symbol->number < than->number;
}

struct symbol_search {
	struct image *image;
	const struct indexed_symbol *best;
};

static void consider_code(const struct indexed_symbol *symbol, void *context)
{
	struct symbol_search *search = context;

	if ((search->best == NULL || is_nearer(symbol, search->best)) &&
	    symbol_name(search->image, symbol) != NULL)
		search->best = symbol;
}

static bool in_same_section(Dwfl_Module *dwfl_module, uint64_t one, uint64_t other)
{
	Dwarf_Addr bias;
	Elf_Scn *section = dwfl_module_address_section(dwfl_module, &one, &bias);

	return section != NULL &&
	       section == dwfl_module_address_section(dwfl_module, &other, &bias);
}

/* A symbol without a size counts only where no other covers the address. */
static const struct indexed_symbol *find_code(struct image *image, uint64_t address)
{
	struct symbol_search search = {.image = image};
	const struct indexed_symbol *label;

	symbol_index_covering(image->symbols, address, consider_code, &search);
	if (search.best != NULL)
		return search.best;
	label = symbol_index_label(image->symbols, address);
	return label != NULL && in_same_section(image->dwfl_module, label->start, address) ? label
											   : NULL;
}

static const char *code_symbol(struct image *image, uint64_t address, uint64_t *start)
{
	const struct indexed_symbol *symbol =
		image_symbols(image) != NULL ? find_code(image, address) : NULL;

	if (symbol == NULL || !is_code(symbol))
		return NULL;
	*start = symbol->start;
	return symbol_name(image, symbol);
}

const char *symbol_at_code(struct module *module, uint64_t address)
{
	uint64_t start;

	return module_open(module) ? code_symbol(module->image, address - module->bias, &start)
				   : NULL;
}

/* In Rust's older mangling a hash ends each name: "17h" and 16 digits, "E". */
static bool has_rust_hash(const char *name)
{
	const char *hash = strstr(name, "17h");

	while (hash != NULL && (strspn(hash + 3, "0123456789abcdef") != 16 || hash[19] != 'E'))
		hash = strstr(hash + 1, "17h");
	return hash != NULL;
}

static bool is_rust_name(const char *name)
{
	return strncmp(name, "_R", 2) == 0 || (strncmp(name, "_ZN", 3) == 0 && has_rust_hash(name));
}

bool unwind_is_rust(struct address_space *space, uint64_t return_address)
{
	struct module *module = space_module_at(space, return_address - 1);
	const char *name = module != NULL ? symbol_at_code(module, return_address - 1) : NULL;

	return name != NULL && is_rust_name(name);
}

static bool is_mangled(const char *name)
{
	return strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0;
}

static bool is_reserved(const char *name)
{
	return name[0] == '_' && !is_mangled(name);
}

/* Of two names for the same thing: the one with fewer underscores, then the shorter. */
static bool is_plainer(const char *name, const char *than)
{
	size_t underscores = strspn(name, "_");
	size_t than_underscores = strspn(than, "_");

	if (underscores != than_underscores)
		return underscores < than_underscores;
	return strcspn(name, "@") < strcspn(than, "@");
}

/*
 * The C library defines fork as __libc_fork, and pthread_mutex_lock as
 * ___pthread_mutex_lock. People know the names that it exports; and where its
 * debug file is not installed, these are the only ones.
 */
static const char *exported_name(struct image *image, uint64_t start, const char *name)
{
	const struct indexed_symbol *symbols;
	size_t count;

	if (image_symbols(image) == NULL)
		return name;
	symbols = symbol_index_beginning(image->symbols, start, &count);
	for (size_t i = 0; i < count; i++) {
		const char *alias = is_code(&symbols[i]) && !is_local(&symbols[i])
					    ? symbol_name(image, &symbols[i])
					    : NULL;

		if (alias != NULL && is_plainer(alias, name))
			name = alias;
	}
	return name;
}

/* The name of a function that was not inlined. */
static const char *linked_name(struct image *image, uint64_t address, const struct scope *scope)
{
	uint64_t start;

	if (scope->name != NULL && !is_reserved(scope->name) && !scope->unqualified)
		return scope->name;
	const char *symbol = code_symbol(image, address, &start);
	if (symbol == NULL)
		return scope->name;
	if (scope->name == NULL || (scope->unqualified && is_mangled(symbol)))
		return is_reserved(symbol) ? exported_name(image, start, symbol) : symbol;
	return is_reserved(scope->name) ? exported_name(image, start, scope->name) : scope->name;
}

static void symbols_describe(struct arena *arena, struct frame *frame, const struct scope *scope)
{
	if (scope->name != NULL) {
		frame->function = function_text(arena, scope->name);
		frame->is_rust = is_rust_name(scope->name);
	}
	if (scope->file != NULL)
		frame->file = arena_strdup(arena, scope->file);
	if (scope->directory != NULL)
		frame->directory = arena_strdup(arena, scope->directory);
	frame->line = scope->line;
}

static struct frames lookup(struct address_space *space, uint64_t pc, bool is_return)
{
	struct scope scopes[SCOPES_MAX] = {0};
	struct frames frames = {.count = 0};
	uint64_t address = pc - is_return;
	struct module *module = space_module_at(space, address);
	struct image *image = module != NULL && module_open(module) ? module->image : NULL;

	if (image != NULL && image_debug(image) != NULL) {
		frames.count = scopes_at(image->dwfl_module, address - module->bias, scopes);
		struct scope *last = &scopes[frames.count > 0 ? frames.count - 1 : 0];
		last->name = linked_name(image, address - module->bias, last);
	}
	if (frames.count == 0)
		frames.count = 1;
	frames.list = arena_array(&space->arena, frames.count, sizeof(*frames.list));
	for (size_t i = 0; i < frames.count; i++) {
		frames.list[i] = (struct frame){.pc = pc, .inlined = i + 1 < frames.count};
		if (module != NULL) {
			frames.list[i].module = module->path;
			frames.list[i].offset = pc - module->bias;
		}
		symbols_describe(&space->arena, &frames.list[i], &scopes[i]);
	}
	return frames;
}

static const struct frames *symbols_find_place(struct address_space *space, uint64_t pc,
					       bool is_return)
{
	struct place key = {.pc = pc, .is_return = is_return};
	struct place **found = tfind(&key, &space->places, compare_places);

	if (found != NULL)
		return &(*found)->frames;
	struct place *place = arena_zalloc(&space->arena, sizeof(*place));
	*place = (struct place){pc, is_return, lookup(space, pc, is_return)};
	/* Without room in the tree the place is only looked up again. */
	tsearch(place, &space->places, compare_places);
	return &place->frames;
}

static const char *copy_text(struct arena *arena, const char *text)
{
	return text != NULL ? arena_strdup(arena, text) : NULL;
}

struct frames symbolize_code(struct address_space *space, struct arena *arena, uint64_t pc,
			     bool is_return)
{
	const struct frames *known = symbols_find_place(space, pc, is_return);
	struct frames frames = *known;

	frames.list = arena_array(arena, known->count, sizeof(*frames.list));
	for (size_t i = 0; i < known->count; i++) {
		frames.list[i] = known->list[i];
		frames.list[i].function = copy_text(arena, known->list[i].function);
		frames.list[i].file = copy_text(arena, known->list[i].file);
		frames.list[i].directory = copy_text(arena, known->list[i].directory);
		frames.list[i].module = copy_text(arena, known->list[i].module);
	}
	return frames;
}

/* The smallest object around an address says most about it. */
static bool is_better(struct image *image, const struct indexed_symbol *symbol, const char *name,
		      const struct indexed_symbol *best)
{
	const char *best_name;

	if (best == NULL || symbol->size != best->size)
		return best == NULL || symbol->size < best->size;
	best_name = symbol_name(image, best);
	return is_reserved(best_name) ? is_plainer(name, best_name)
				      : !is_reserved(name) && symbol->number < best->number;
}

static void consider_object(const struct indexed_symbol *symbol, void *context)
{
	struct symbol_search *search = context;
	const char *name = is_data(symbol) ? symbol_name(search->image, symbol) : NULL;

	if (name != NULL && is_better(search->image, symbol, name, search->best))
		search->best = symbol;
}

static const char *covering_object(struct image *image, uint64_t address, uint64_t *offset)
{
	struct symbol_search search = {.image = image};

	if (image_symbols(image) == NULL)
		return NULL;
	symbol_index_covering(image->symbols, address, consider_object, &search);
	if (search.best == NULL)
		return NULL;
	*offset = address - search.best->start;
	return symbol_name(image, search.best);
}

struct data_symbol symbolize_data(struct address_space *space, struct arena *arena,
				  uint64_t address)
{
	struct data_symbol answer = {0};
	struct module *module = space_module_at(space, address);
	uint64_t offset;

	/* A module that is only a name reaches far: what lies behind it may be a heap. */
	if (module == NULL || module->start == module->end)
		return answer;
	answer.module = arena_strdup(arena, module->path);
	answer.offset = address - module->bias;
	const char *name =
		module_open(module) ? covering_object(module->image, answer.offset, &offset) : NULL;
	if (name == NULL)
		return answer;
	answer.name = object_text(arena, name);
	if (offset > 0)
		answer.name = arena_printf(arena, "%s+0x%lx", answer.name, offset);
	return answer;
}
