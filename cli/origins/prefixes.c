/*
 * Package managers that give each package, or each environment, a directory: the name and the
 * version of a gem or of a package of Nix's stand in the path, R's in a file there, and conda's
 * are found as dpkg's are, in lists of files.
 */
#include "base/library_names.h"
#include "ecosystems.h"
#include "path_parts.h"
#include "small_files.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NIX_HASH        32
#define DESCRIPTION     ((size_t)64 << 10)
#define CONDA_PACKAGES  8192
#define CONDA_BYTES     ((size_t)16 << 20) /* of one list */
#define CONDA_ALL_BYTES ((size_t)256 << 20)

/* "nokogiri-1.16.5/...", "openblas-0.3.26/...": up to the first dash that a digit follows, of
 * the first element. */
static bool fill_from_directory(const struct origin_question *question, const char *directory,
				struct origin *origin)
{
	size_t length = strcspn(directory, "/"), dash = 1;

	while (dash + 1 < length &&
	       !(directory[dash] == '-' && isdigit((unsigned char)directory[dash + 1])))
		dash++;
	if (dash + 1 >= length || !directory[length])
		return false;
	*origin = (struct origin){.kind = ORIGIN_PACKAGE};
	origin->package = origin_name(question->arena, directory, dash);
	origin->version = origin_name(question->arena, directory + dash + 1, length - dash - 1);
	return true;
}

/* ".../gems/nokogiri-1.16.5/lib/nokogiri/nokogiri.so" */
bool gem_file_origin(const struct origin_question *question, struct origin *origin)
{
	const char *directory = path_after(question->path, "/gems/");

	return directory && fill_from_directory(question, directory, origin);
}

/* "/nix/store/HASH-openblas-0.3.26/lib/libopenblas.so" */
bool nix_file_origin(const struct origin_question *question, struct origin *origin)
{
	static const char store[] = "/nix/store/";
	const char *hash = question->path + strlen(store);

	return text_begins(question->path, store) && strcspn(hash, "-") == NIX_HASH &&
	       strcspn(hash, "/") > NIX_HASH &&
	       fill_from_directory(question, hash + NIX_HASH + 1, origin);
}

/* ".../library/data.table/libs/data.table.so", with a DESCRIPTION in library/data.table. */
bool r_file_origin(const struct origin_question *question, struct origin *origin)
{
	const char *package = path_after(question->path, "/library/"), *version;
	size_t length = package ? strcspn(package, "/") : 0;
	struct small_file file;

	if (!package || !text_begins(package + length, "/libs/") ||
	    !small_file_read(question->origins,
			     arena_printf(question->arena, "%.*s/DESCRIPTION",
					  (int)(package + length - question->path), question->path),
			     DESCRIPTION, &file))
		return false;
	*origin = (struct origin){.kind = ORIGIN_PACKAGE};
	origin->package = origin_name(question->arena, package, length);
	version = small_file_header(&file, "Version: ", &length);
	if (version)
		origin->version = origin_name(question->arena, version, length);
	small_file_free(&file);
	return true;
}

/* "libgomp-13.2.0-h77fa898_5.json": name, version, build. */
static void fill_from_conda(const struct origin_question *question, const char *name,
			    struct origin *origin)
{
	const char *build = strrchr(name, '-'), *version = build;

	while (version && version > name && *--version != '-')
		;
	if (!version || version == name)
		return;
	origin->package = origin_name(question->arena, name, (size_t)(version - name));
	origin->version = origin_name(question->arena, version + 1, (size_t)(build - version - 1));
}

static bool conda_lists(const struct origin_question *question, const char *list,
			const char *wanted, size_t *left)
{
	struct small_file file;
	bool found;

	if (!small_file_read(question->origins, list, *left < CONDA_BYTES ? *left : CONDA_BYTES,
			     &file))
		return false;
	*left -= file.length;
	found = memmem(file.bytes, file.length, wanted, strlen(wanted)) != NULL;
	small_file_free(&file);
	return found;
}

/* Of PREFIX/lib/libgomp.so.1, where PREFIX/conda-meta has a list for each package. */
bool conda_file_origin(const struct origin_question *question, struct origin *origin)
{
	const char *below = path_after(question->path, "/lib/"), *meta, *wanted;
	size_t count, left = CONDA_ALL_BYTES;
	const char **names;

	if (!below)
		return false;
	meta = arena_printf(question->arena, "%.*sconda-meta",
			    (int)(below - strlen("lib/") - question->path), question->path);
	wanted = arena_printf(question->arena, "\"lib/%s\"", below);
	count = small_files_list(question->origins, question->arena, meta, CONDA_PACKAGES, &names);
	*origin = (struct origin){.kind = ORIGIN_PACKAGE};
	for (size_t i = 0; i < count; i++)
		if (text_ends(names[i], ".json") &&
		    conda_lists(question, arena_printf(question->arena, "%s/%s", meta, names[i]),
				wanted, &left)) {
			fill_from_conda(question, names[i], origin);
			break;
		}
	return count > 0;
}
