/*
 * A file that processes have mapped, opened once for all of them: what it says of stacks, names and
 * lines does not depend on where it was mapped. Addresses in here are those in the file.
 */
#ifndef FORKCHECK_IMAGE_H
#define FORKCHECK_IMAGE_H

#include "cfi.h"
#include "elf.h"
#include "symbol_index.h"
#include <elfutils/libdwfl.h>

/* The files that are open. All zero: none. */
struct images {
	struct image *first;
};

struct image {
	struct image *next;
	char *path;
	unsigned int users;
	struct elf_file file;
	struct cfi cfi;

	/* From here on: looked for when a name is first asked for. */
	bool has_debug; /* dwfl and dwfl_module were looked for */
	Dwfl *dwfl;
	Dwfl_Module *dwfl_module; /* NULL: there is none */
	struct symbol_index *symbols;
};

/*
 * The file of that path, if it is still the one of that identity; give it back with image_leave().
 * NULL: it is another one by now, or cannot be opened.
 */
struct image *image_use(struct images *images, const char *path,
			const struct elf_identity *identity);
/* It stays open for the next user. */
void image_leave(struct image *image);
/* Closes those that nobody uses: there may be no more descriptors. False: there were none. */
bool images_close_unused(struct images *images);
/* Closes all. Nobody uses any. */
void images_close(struct images *images);

/* debug.c: libdw's view of a file; NULL: there is none. */
Dwfl_Module *image_debug(struct image *image);
/* Its symbols, as image->symbols too; NULL: there are none. */
const struct symbol_index *image_symbols(struct image *image);
void image_forget_debug(struct image *image);

#endif
