/*
 * An address space is the modules of a process, found by address. Files are looked at when
 * they are added, and opened for longer only when an address in them is met: a process may
 * have mapped more files than we may have open.
 */
#include "space.h"
#include "base/library_names.h"
#include <stdlib.h>
#include <string.h>

/* How far a module of unknown extent may reach: further than any real one does. */
#define REACH_MAX (UINT64_C(1) << 30)

struct address_space *address_space_new(const char *shim_path, struct images *images)
{
	struct address_space *space = calloc(1, sizeof(*space));

	if (space == NULL)
		return NULL;
	space->unwind = unwind_new();
	if (space->unwind == NULL) {
		free(space);
		return NULL;
	}
	arena_init(&space->arena);
	space->images = images != NULL ? images : &space->own_images;
	if (shim_path != NULL)
		space->shim_path = arena_strdup(&space->arena, shim_path);
	return space;
}

void address_space_set_root(struct address_space *space, const struct file_root *root)
{
	space->root.path = arena_strdup(&space->arena, root->path);
	space->root.name = arena_strdup(&space->arena, root->name);
}

void address_space_free(struct address_space *space)
{
	if (space == NULL)
		return;
	symbols_forget(space);
	for (struct module *module = space->newest; module != NULL; module = module->older)
		image_leave(module->image);
	unwind_free(space->unwind);
	images_close(&space->own_images);
	arena_release(&space->arena);
	free(space);
}

static bool space_holds(const struct module *module, uint64_t address)
{
	return address >= module->start && address < module->end;
}

/* A module that is only a name reaches up to the next one that is known. */
static struct module *nearest_name(struct address_space *space, uint64_t address)
{
	struct module *nearest = NULL;

	for (struct module *module = space->newest; module != NULL; module = module->older) {
		if (module->start <= address && (nearest == NULL || module->start > nearest->start))
			nearest = module;
	}
	if (nearest == NULL || nearest->start < nearest->end ||
	    address - nearest->start > REACH_MAX)
		return NULL;
	return nearest;
}

struct module *space_module_at(struct address_space *space, uint64_t address)
{
	for (struct module *module = space->newest; module != NULL; module = module->older) {
		if (space_holds(module, address))
			return module;
	}
	return nearest_name(space, address);
}

const char *space_module_path(struct address_space *space, uint64_t address)
{
	const struct module *module = space_module_at(space, address);

	return module != NULL ? module->path : NULL;
}

static bool space_is_same(const struct module *module, const char *path, uint64_t bias,
			  const uint8_t *build_id, size_t build_id_length)
{
	return module->bias == bias && strcmp(module->path, path) == 0 &&
	       module->build_id_length == build_id_length &&
	       (build_id_length == 0 || memcmp(module->build_id, build_id, build_id_length) == 0);
}

/* A process repeats its list now and then. Only the newest of its place counts. */
static struct module *find_same(struct address_space *space, const char *path, uint64_t bias,
				const uint8_t *build_id, size_t build_id_length)
{
	for (struct module *module = space->newest; module != NULL; module = module->older) {
		if (!space_is_same(module, path, bias, build_id, build_id_length))
			continue;
		if (module->start == module->end || space_module_at(space, module->start) == module)
			return module;
		return NULL;
	}
	return NULL;
}

/* What is remembered about addresses may be another module's now. */
static void forget(struct address_space *space)
{
	unwind_forget(space);
	symbols_forget(space);
	memset(space->outermost, 0, sizeof(space->outermost));
}

static const char *file_to_open(struct address_space *space, const char *path)
{
	const struct file_root *root = &space->root;
	size_t length;

	if (root->path == NULL)
		return path;
	length = strlen(root->name);
	if (strncmp(path, root->name, length) == 0 && path[length] == '/')
		path += length;
	return arena_printf(&space->arena, "%s%s", root->path, path);
}

bool unwind_is_shim(const char *shim_path, const char *path)
{
	return shim_path ? strcmp(path, shim_path) == 0
			 : strcmp(library_file_name(path), "libforkcheck.so") == 0;
}

static struct module *append_module(struct address_space *space, const char *path, uint64_t bias,
				    const uint8_t *build_id, size_t build_id_length)
{
	struct module *module = arena_zalloc(&space->arena, sizeof(*module));

	module->path = arena_strdup(&space->arena, path);
	module->file = file_to_open(space, module->path);
	module->images = space->images;
	module->bias = bias;
	module->start = module->end = bias;
	module->is_shim = unwind_is_shim(space->shim_path, path);
	if (build_id_length > 0) {
		module->build_id = arena_zalloc(&space->arena, build_id_length);
		memcpy(module->build_id, build_id, build_id_length);
		module->build_id_length = build_id_length;
	}
	module->older = space->newest;
	space->newest = module;
	return module;
}

static bool is_mapped_file(const struct module *module, const struct elf_file *file)
{
	uint64_t start = module->bias + file->start;
	uint64_t end = module->bias + file->end;

	/* The bias is the target's word. */
	if (start >= end || end > INT64_MAX)
		return false;
	return module->build_id_length == 0 ||
	       elf_file_build_id_equals(file, module->build_id, module->build_id_length);
}

static int inspect(struct module *module)
{
	struct elf_file file;

	if (elf_file_open(&file, module->file) != 0 &&
	    (!images_close_unused(module->images) || elf_file_open(&file, module->file) != 0))
		return -1;
	if (is_mapped_file(module, &file)) {
		module->identity = file.identity;
		module->start = module->bias + file.start;
		module->end = module->bias + file.end;
		module->usable = true;
	}
	elf_file_close(&file);
	return 0;
}

int address_space_add(struct address_space *space, const char *path, uint64_t bias,
		      const uint8_t *build_id, size_t build_id_length)
{
	struct module *module;

	if (build_id == NULL)
		build_id_length = 0;
	module = find_same(space, path, bias, build_id, build_id_length);
	if (module == NULL) {
		module = append_module(space, path, bias, build_id, build_id_length);
		module->status = inspect(module);
		forget(space);
	}
	return module->status;
}

bool module_open(struct module *module)
{
	if (module->opened || !module->usable)
		return module->usable;
	module->opened = true;
	module->image = image_use(module->images, module->file, &module->identity);
	module->usable = module->image != NULL;
	return module->usable;
}
