/*
 * Debian: dpkg has a list of the files of each package, and one file with the versions of all.
 * A library may be listed by the path that it had before /lib became a link to /usr/lib.
 */
#include "debian.h"
#include "path_parts.h"
#include "small_files.h"
#include <stdlib.h>
#include <string.h>

#define LISTS         "/var/lib/dpkg/info"
#define STATUS        "/var/lib/dpkg/status"
#define LISTS_MAX     32768
#define LIST_BYTES    ((size_t)8 << 20)
#define LISTS_BYTES   ((size_t)512 << 20) /* of all: a desktop has about 50 MB */
#define STATUS_BYTES  ((size_t)64 << 20)
#define SHARED_OBJECT ".so"
#define LIBRARY_BYTES 1024 /* of a path; a longer one is of no package */

struct debian_library {
	const char *path, *package;
	struct debian_library *next; /* while they are collected */
};

struct debian_list {
	struct debian_library *libraries; /* sorted by path */
	size_t count;
};

static int compare_libraries_by_path(const void *left, const void *right)
{
	const struct debian_library *one = left, *other = right;

	return strcmp(one->path, other->path);
}

/* Adds the libraries of one list before `first`. */
static struct debian_library *collect(struct arena *arena, const struct small_file *file,
				      const char *package, struct debian_library *first,
				      size_t *count)
{
	for (const char *line = file->bytes; *line;) {
		size_t length = strcspn(line, "\n");
		const char *mark = length < LIBRARY_BYTES ? memmem(line, length, SHARED_OBJECT,
								   strlen(SHARED_OBJECT))
							  : NULL;

		if (mark) {
			struct debian_library *library = arena_zalloc(arena, sizeof(*library));

			*library = (struct debian_library){arena_strndup(arena, line, length),
							   package, first};
			first = library;
			++*count;
		}
		line += length + (line[length] != '\0');
	}
	return first;
}

/* "adduser.list": "adduser"; of a library there may be an architecture: "libgomp1:ARCH.list". NULL:
 * it is no list. */
static const char *package_of(struct arena *arena, const char *name)
{
	size_t length = strcspn(name, ":");

	if (!text_ends(name, ".list"))
		return NULL;
	return origin_name(arena, name, name[length] ? length : length - strlen(".list"));
}

static struct debian_library *collect_all(const struct origin_question *question, size_t *count)
{
	struct debian_library *first = NULL;
	const char **names;
	size_t lists =
		small_files_list(question->origins, question->arena, LISTS, LISTS_MAX, &names);
	size_t left = LISTS_BYTES;

	for (size_t i = 0; i < lists && left; i++) {
		const char *package = package_of(question->arena, names[i]);
		const char *path = arena_printf(question->arena, LISTS "/%s", names[i]);
		struct small_file file;

		if (!package || !small_file_read(question->origins, path,
						 left < LIST_BYTES ? left : LIST_BYTES, &file))
			continue;
		left -= file.length;
		first = collect(question->arena, &file, package, first, count);
		small_file_free(&file);
	}
	return first;
}

static struct debian_list *list_of(const struct origin_question *question)
{
	struct debian_list *list = question->origins->debian;
	struct debian_library *library;
	size_t at = 0;

	if (list)
		return list;
	list = arena_zalloc(question->arena, sizeof(*list));
	question->origins->debian = list;
	library = collect_all(question, &list->count);
	list->libraries = arena_array(question->arena, list->count, sizeof(*list->libraries));
	for (; library; library = library->next)
		list->libraries[at++] = *library;
	if (list->count)
		qsort(list->libraries, list->count, sizeof(*list->libraries),
		      compare_libraries_by_path);
	return list;
}

static const char *owner_of(const struct debian_list *list, const char *path)
{
	const struct debian_library key = {.path = path};
	const struct debian_library *found =
		list->count ? bsearch(&key, list->libraries, list->count, sizeof(key),
				      compare_libraries_by_path)
			    : NULL;

	return found ? found->package : NULL;
}

/* By the path, and by what it was or has become where /lib is a link to /usr/lib. */
static const char *owner_by_any_path(const struct origin_question *question, const char *path)
{
	const struct debian_list *list = list_of(question);
	const char *owner = owner_of(list, path);

	if (!owner && text_begins(path, "/usr/"))
		owner = owner_of(list, path + strlen("/usr"));
	else if (!owner)
		owner = owner_of(list, arena_printf(question->arena, "/usr%s", path));
	return owner;
}

/* Also where it is one of several alternatives, that is, a link of nobody's to somebody's. */
static const char *find_owner(const struct origin_question *question)
{
	const char *owner = owner_by_any_path(question, question->path);
	char *target = owner ? NULL : small_file_target(question->origins, question->path);

	if (target)
		owner = owner_by_any_path(question, target);
	free(target);
	return owner;
}

static const char *version_of(const struct origin_question *question, const char *package)
{
	const char *start = arena_printf(question->arena, "\nPackage: %s\n", package);
	const char *version = NULL, *value;
	struct small_file file, paragraph;
	size_t length;

	if (!small_file_read(question->origins, STATUS, STATUS_BYTES, &file))
		return NULL;
	paragraph.bytes =
		text_begins(file.bytes, start + 1) ? file.bytes : strstr(file.bytes, start);
	if (paragraph.bytes) {
		paragraph.bytes += *paragraph.bytes == '\n';
		value = small_file_header(&paragraph, "Version: ", &length);
		version = value ? origin_name(question->arena, value, length) : NULL;
	}
	small_file_free(&file);
	return version;
}

void debian_package(const struct origin_question *question, struct origin *origin)
{
	const char *owner = find_owner(question);

	if (!owner)
		return;
	origin->package = owner;
	origin->version = version_of(question, owner);
}
