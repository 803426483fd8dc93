/*
 * Hostile names and lists: the pieces of an input are a function, its source, an ELF file, and
 * the files of package managers, which stand below a folder of their own.
 */
#include "cli/origins/origin.h"
#include "cli/origins/rust_names.h"
#include "fuzz.h"
#include <err.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SITE   "/v/lib/python3.12/site-packages/"
#define PIECES 3

static char root[] = "/tmp/fuzz-origins-XXXXXX";

static const char *const files[] = {
	SITE "pkg-1.dist-info/RECORD",
	SITE "pkg-1.dist-info/METADATA",
	SITE "pkg-1.dist-info/top_level.txt",
	"/var/lib/dpkg/info/pkg.list",
	"/var/lib/dpkg/status",
	"/n/node_modules/pkg/package.json",
	"/c/conda-meta/pkg-1-0.json",
	"/r/library/pkg/DESCRIPTION",
	"/srv/app",
};

static const char *const asked[] = {
	SITE "pkg/pkg.so", "/usr/lib/pkg.so",          "/n/node_modules/pkg/pkg.node",
	"/c/lib/pkg.so",   "/r/library/pkg/libs/p.so", "/srv/app",
};

static const char *below_root(const char *path)
{
	static char full[256];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return full;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status, (void)type, (void)place;
	return remove(path);
}

static void remove_root(void)
{
	nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
	(void)count;
	(void)arguments;
	if (!mkdtemp(root))
		err(2, "%s", root);
	atexit(remove_root);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		for (const char *slash = strchr(files[i] + 1, '/'); slash;
		     slash = strchr(slash + 1, '/')) {
			char folder[128] = "";

			strncat(folder, files[i], (size_t)(slash - files[i]));
			mkdir(below_root(folder), 0700);
		}
	return 0;
}

static void put_files(const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		FILE *stream = fopen(below_root(files[i]), "w");

		if (!stream || fwrite(data, 1, length, stream) != length || fclose(stream))
			err(2, "%s", files[i]);
	}
}

static void check(const struct origin *origin)
{
	const char *const texts[] = {origin->package, origin->version};

	for (size_t i = 0; i < 2; i++)
		for (const char *byte = texts[i]; byte && *byte; byte++)
			if (*byte <= ' ' || *byte > '~')
				abort();
}

static void ask(struct arena *arena, char *const pieces[PIECES], bool is_rust)
{
	struct origins origins = {.root = root};
	struct frame frames[] = {
		{.function = pieces[0], .file = pieces[1], .module = pieces[2], .is_rust = is_rust},
		{.function = pieces[0], .module = "/srv/app", .is_rust = is_rust},
		{.file = pieces[1]},
	};
	size_t length;

	for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++)
		check(origin_of(&origins, arena, &frames[i], NULL));
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++)
		check(origin_of_file(&origins, arena, asked[i]));
	rust_is_name(pieces[0]);
	rust_crate(pieces[0], &length);
	rust_plain(arena, pieces[0]);
}

/* Up to the next NUL; the rest is the files. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	char *pieces[PIECES];
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < PIECES; i++) {
		size_t piece = strnlen((const char *)data, length);

		pieces[i] = arena_strndup(&arena, (const char *)data, piece);
		piece += piece < length;
		data += piece;
		length -= piece;
	}
	put_files(data, length);
	ask(&arena, pieces, false);
	ask(&arena, pieces, true);
	arena_release(&arena);
	return 0;
}
