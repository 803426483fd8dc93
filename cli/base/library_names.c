/*
 * These functions take the name of a library apart. Names are the target's, and may be
 * anything.
 *
 * auditwheel puts the first 8 digits of a SHA-256 before the first dot of a name
 * ("libopenblasp-r0-d77a1985.3.15.so"); Cargo, 16 digits of its own at the end
 * ("libstd-f469a9253adf2945.so", "tests-0a5e1c3f9b8d7e62").
 */
#include "library_names.h"
#include <fnmatch.h>
#include <limits.h>
#include <string.h>

#define HASH_DIGITS   7  /* at least: some cut it there */
#define PROGRAM_HASH  16 /* without an extension, only Cargo's */
#define NAME_BYTES    (NAME_MAX + 1)
#define HEXADECIMAL   "0123456789abcdef"
#define SHARED_OBJECT ".so"

/* Where a hash stands in a name, with the dash before it. */
struct hash {
	size_t start, length;
};

const char *library_file_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

/* ".so" where nothing, a version or " (deleted)" follows; NULL: it is no library. */
static const char *find_extension(const char *name)
{
	const char *found = strstr(name, SHARED_OBJECT);

	while (found && !strchr(". ", found[strlen(SHARED_OBJECT)]))
		found = strstr(found + 1, SHARED_OBJECT);
	return found;
}

/* A word of letters ("libdeadbeef") or of digits and other letters is a name. */
static bool is_hash(const char *digits, size_t length, const char *extension)
{
	if (length < HASH_DIGITS || strcspn(digits, "0123456789") >= length)
		return false;
	return extension ? strchr(". ", digits[length]) != NULL
			 : length == PROGRAM_HASH && !digits[length];
}

static bool find_hash(const char *name, struct hash *hash)
{
	const char *extension = find_extension(name);

	for (const char *dash = strchr(name, '-'); dash; dash = strchr(dash + 1, '-')) {
		size_t length = strspn(dash + 1, HEXADECIMAL);

		if (extension && dash >= extension)
			return false;
		if (dash > name && is_hash(dash + 1, length, extension)) {
			*hash = (struct hash){(size_t)(dash - name), length + 1};
			return true;
		}
	}
	return false;
}

/* Into `canonical`; false: the name is longer than a file's can be. */
static bool put_canonical(char canonical[NAME_BYTES], const char *name)
{
	struct hash hash = {0, 0};
	size_t length = strnlen(name, NAME_BYTES);

	if (length == NAME_BYTES)
		return false;
	find_hash(name, &hash);
	memcpy(canonical, name, hash.start);
	memcpy(canonical + hash.start, name + hash.start + hash.length,
	       length + 1 - hash.start - hash.length);
	return true;
}

const char *library_canonical(struct arena *arena, const char *path)
{
	const char *name = library_file_name(path);
	char canonical[NAME_BYTES];

	return name && put_canonical(canonical, name) ? arena_strdup(arena, canonical) : name;
}

bool library_is_same(const char *one, const char *other)
{
	const char *name = library_file_name(one), *other_name = library_file_name(other);
	char canonical[NAME_BYTES], other_canonical[NAME_BYTES];

	return name && other_name && put_canonical(canonical, name) &&
	       put_canonical(other_canonical, other_name) &&
	       strcmp(canonical, other_canonical) == 0;
}

const char *library_family(struct arena *arena, const char *path)
{
	const char *name = library_canonical(arena, path);

	return name && *name ? arena_strndup(arena, name, 1 + strcspn(name + 1, ".")) : name;
}

bool library_is_shared_object(const char *path)
{
	const char *name = library_file_name(path);

	return name && find_extension(name);
}

bool library_any_hash(const char *path, size_t *length, const char **rest)
{
	const char *name = library_file_name(path);
	struct hash hash;

	if (!name || !find_hash(name, &hash))
		return false;
	*length = hash.start;
	/* A bundle with another hash may have another version. */
	*rest = find_extension(name) ? "-*" SHARED_OBJECT "*" : "-????????????????";
	return true;
}

bool library_matches(const char *path, const char *glob)
{
	const char *name = library_file_name(path);
	char canonical[NAME_BYTES];

	if (!name)
		return false;
	return fnmatch(glob, name, 0) == 0 ||
	       (put_canonical(canonical, name) && fnmatch(glob, canonical, 0) == 0);
}

/* False: the path has none. */
static bool put_stem(char stem[NAME_BYTES], const char *path)
{
	const char *name = library_file_name(path), *extension;

	if (!name || !put_canonical(stem, name))
		return false;
	extension = find_extension(stem);
	if (extension)
		stem[extension - stem] = '\0';
	return true;
}

bool library_is_among(const char *path, const char *const *families, size_t count)
{
	char stem[NAME_BYTES];

	if (!put_stem(stem, path))
		return false;
	for (size_t i = 0; i < count; i++)
		if (fnmatch(families[i], stem, 0) == 0)
			return true;
	return false;
}

bool library_is(const char *path, const char *family)
{
	return library_is_among(path, &family, 1);
}

bool library_is_libc(const char *path)
{
	static const char *const families[] = {"libc", "libc-2.*", "libpthread", "libpthread-2.*"};

	return LIBRARY_IS_AMONG(path, families);
}

bool library_is_of_libc(const char *path)
{
	static const char *const families[] = {"ld-linux*", "ld-2.*", "libresolv", "libresolv-2.*"};

	return library_is_libc(path) || LIBRARY_IS_AMONG(path, families);
}
