/*
 * A crate that can panic has the paths of its sources in the constants of the program, for its
 * messages, and keeps them where the debug information was stripped: there the name and the
 * version are, as Cargo has unpacked them.
 */
#include "crate_list.h"
#include "path_parts.h"
#include "rust_names.h"
#include "small_files.h"
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONSTANTS      ".rodata"
#define CONSTANT_BYTES ((uint64_t)256 << 20)
#define CHUNK_BYTES    ((size_t)1 << 20)
#define PATH_BYTES     ((size_t)1 << 10) /* that two chunks share: a path is shorter */
#define CRATES_MAX     1024
#define PATHS_MAX      65536
#define REGISTRY       "/registry/src/"

struct crate_list {
	struct crate_list *next;
	const char *path;
	struct linked_crate *crates;
	size_t count, paths; /* that were looked at */
};

static struct linked_crate *find_crate(const struct crate_list *list, const char *crate,
				       size_t length)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *name = list->crates[i].name;
		size_t same = 0;

		while (same < length && name[same] &&
		       crate[same] == (name[same] == '-' ? '_' : name[same]))
			same++;
		if (same == length && !name[same])
			return &list->crates[i];
	}
	return NULL;
}

static struct linked_crate *find_name(const struct crate_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->crates[i].name, name) == 0)
			return &list->crates[i];
	return NULL;
}

static void add_crate(struct crate_list *list, const char *name, const char *version)
{
	struct linked_crate *known = name && version ? find_name(list, name) : NULL;

	if (known && known->version && strcmp(known->version, version) != 0)
		known->version = NULL;
	if (name && version && !known && list->count < CRATES_MAX)
		list->crates[list->count++] = (struct linked_crate){name, version};
}

/* `text` follows REGISTRY: "INDEX/CRATE-VERSION/src/lib.rs". */
static void add_path(struct arena *arena, struct crate_list *list, const char *text)
{
	const char *directory = strchr(text, '/');
	const char *dash = directory ? rust_version_dash(directory + 1) : NULL;
	size_t length = dash ? strcspn(dash, "/") : 0;

	if (!dash || dash[length] != '/')
		return;
	directory++;
	add_crate(list, origin_name(arena, directory, (size_t)(dash - directory)),
		  origin_name(arena, dash + 1, length - 1));
}

static void add_chunk(struct arena *arena, struct crate_list *list, const char *bytes,
		      size_t length)
{
	const char *next = bytes;

	while (list->paths++ < PATHS_MAX &&
	       (next = memmem(next, length - (size_t)(next - bytes), REGISTRY, strlen(REGISTRY)))) {
		next += strlen(REGISTRY);
		add_path(arena, list, next);
	}
}

static void read_constants(struct arena *arena, struct crate_list *list, int descriptor,
			   const GElf_Shdr *section)
{
	uint64_t size = section->sh_size < CONSTANT_BYTES ? section->sh_size : CONSTANT_BYTES;
	char *bytes = malloc(CHUNK_BYTES + 1);

	for (uint64_t at = 0; bytes && at < size; at += CHUNK_BYTES - PATH_BYTES) {
		size_t wanted = size - at < CHUNK_BYTES ? (size_t)(size - at) : CHUNK_BYTES;
		ssize_t got = pread(descriptor, bytes, wanted, (off_t)(section->sh_offset + at));

		if (got <= 0)
			break;
		bytes[got] = '\0';
		add_chunk(arena, list, bytes, (size_t)got);
	}
	free(bytes);
}

/* False: it has none. */
static bool find_constants(Elf *elf, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names))
		return false;
	while ((section = elf_nextscn(elf, section))) {
		const char *name = gelf_getshdr(section, header)
					   ? elf_strptr(elf, names, header->sh_name)
					   : NULL;

		if (name && strcmp(name, CONSTANTS) == 0 && header->sh_type == SHT_PROGBITS)
			return true;
	}
	return false;
}

static void fill_list(const struct origin_question *question, struct crate_list *list)
{
	int descriptor = small_file_open(question->origins, question->path);
	GElf_Shdr constants;
	Elf *elf;

	if (descriptor < 0)
		return;
	elf_version(EV_CURRENT);
	elf = elf_begin(descriptor, ELF_C_READ, NULL);
	list->crates = arena_array(question->arena, CRATES_MAX, sizeof(*list->crates));
	if (find_constants(elf, &constants))
		read_constants(question->arena, list, descriptor, &constants);
	elf_end(elf);
	close(descriptor);
}

static const struct crate_list *list_of(const struct origin_question *question)
{
	struct crate_list *list = question->origins->crate_lists;

	while (list && strcmp(list->path, question->path) != 0)
		list = list->next;
	if (list)
		return list;
	list = arena_zalloc(question->arena, sizeof(*list));
	*list = (struct crate_list){.next = question->origins->crate_lists, .path = question->path};
	question->origins->crate_lists = list;
	fill_list(question, list);
	return list;
}

const struct linked_crate *crate_list_find(const struct origin_question *question,
					   const char *crate, size_t length)
{
	return find_crate(list_of(question), crate, length);
}
