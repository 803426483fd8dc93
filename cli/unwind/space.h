/*
 * The address space as the files of this directory share it.
 */
#ifndef FORKCHECK_SPACE_H
#define FORKCHECK_SPACE_H

#include "elf.h"
#include "image.h"
#include "unwind.h"
#include <libunwind.h>

struct module {
	struct module *older;
	const char *path;
	const char *file; /* the path to open it by */
	uint64_t bias;
	uint64_t start; /* in the process; start == end where the extent is not known */
	uint64_t end;
	uint8_t *build_id;
	size_t build_id_length;
	struct elf_identity identity;
	int status;  /* what address_space_add answered */
	bool usable; /* the file can be read and is the one that was mapped */
	bool is_shim;

	struct images *images;

	/* From here on: looked for when an address in the module is first met. */
	bool opened;
	struct image *image;
};

/* Whether a stack ends at a pc, and how. */
enum ending {
	ENDING_UNKNOWN,
	ENDING_NONE,          /* there is a caller */
	ENDING_ENTRY,         /* _start, clone */
	ENDING_CONTEXT_START, /* where makecontext's function returns to: not called from there */
};

/* Remembers a few answers: each walk asks for its last pc. */
struct outermost {
	uint64_t pc;
	enum ending ending;
};
#define OUTERMOST_COUNT 16

struct address_space {
	struct arena arena;
	struct module *newest;
	const char *shim_path;
	struct file_root root;
	struct images *images, own_images;
	unw_addr_space_t unwind;
	struct outermost outermost[OUTERMOST_COUNT];
	void *places; /* tree of what symbolize_code answered */
};

/* The module that an address is in, or NULL. */
struct module *space_module_at(struct address_space *space, uint64_t address);
/* Opens the module's file if that was not done yet. False: it is only a name. */
bool module_open(struct module *module);

/* frames.c */
unw_addr_space_t unwind_new(void);
void unwind_forget(struct address_space *space);
void unwind_free(unw_addr_space_t unwind);

/* symbols.c */
void symbols_forget(struct address_space *space);
/* The symbol of the code at an address, for the module's own names; NULL: none. */
const char *symbol_at_code(struct module *module, uint64_t address);
/* A linker's name of a function as a reader wants it: demangled, without a suffix. */
const char *function_text(struct arena *arena, const char *name);

/* scopes.c: the functions that an address is in, by debug information. */
#define SCOPES_MAX 64
struct scope {
	const char *name; /* as linked (mangled) if there is such a name; NULL: unknown */
	const char *file;
	const char *directory; /* where the compiler ran, if `file` is below it; NULL: unknown */
	int line;
	bool unqualified; /* the name lacks the namespaces and classes that the linker's has */
};
/* Fills in innermost first and returns the number; all but the last are inlined. */
size_t scopes_at(Dwfl_Module *dwfl_module, uint64_t address, struct scope scopes[SCOPES_MAX]);

#endif
