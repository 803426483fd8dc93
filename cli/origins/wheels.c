/*
 * Python packages, as pip, Debian and setuptools install them. A file belongs to the
 * distribution whose RECORD lists it, which often has another name than what is imported (PIL is
 * Pillow's); Debian leaves RECORD out, and there top_level.txt or the name itself tells.
 */
#include "wheels.h"
#include "ecosystems.h"
#include "path_parts.h"
#include "small_files.h"
#include <ctype.h>
#include <string.h>

#define DISTRIBUTIONS_MAX 4096
#define METADATA_BYTES    ((size_t)64 << 10) /* of its head; a description follows */
#define RECORD_BYTES      ((size_t)16 << 20)
#define RECORDS_BYTES     ((size_t)64 << 20) /* of all in one directory */

struct distribution {
	const char *directory;          /* "polars-2.1.0.dist-info"; of an old one: a file, too */
	const char *key;                /* its name as comparisons want it: "polars-runtime-32" */
	const char *record, *top_level; /* texts; NULL: not read yet, or there is none */
	bool is_read, has_name;
	const char *name, *version; /* when has_name */
};

/* A directory of packages. */
struct wheel_site {
	struct wheel_site *next;
	const char *directory; /* ".../site-packages/" */
	struct distribution *distributions;
	size_t count, bytes;
};

const char *wheel_below_site(const char *path)
{
	const char *below = path_after(path, "/site-packages/");

	return below ? below : path_after(path, "/dist-packages/");
}

/* PEP 503: "Polars_Runtime.32" and "polars-runtime-32" are the same. */
static const char *comparison_key(struct arena *arena, const char *name, size_t length)
{
	char *key = arena_zalloc(arena, length + 1);
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		bool is_mark = strchr("-_.", name[i]) != NULL;

		if (is_mark && used && key[used - 1] == '-')
			continue;
		key[used++] = is_mark ? '-' : (char)tolower((unsigned char)name[i]);
	}
	return key;
}

static bool is_distribution(const char *name)
{
	return name[0] != '.' && (text_ends(name, ".dist-info") || text_ends(name, ".egg-info"));
}

static void fill_site(const struct origin_question *question, struct wheel_site *site)
{
	struct arena *arena = question->arena;
	const char **names;
	size_t count = small_files_list(question->origins, arena, site->directory,
					4 * DISTRIBUTIONS_MAX, &names);

	site->distributions = arena_array(arena, DISTRIBUTIONS_MAX, sizeof(*site->distributions));
	for (size_t i = 0; i < count && site->count < DISTRIBUTIONS_MAX; i++) {
		size_t length = strcspn(names[i], "-");
		size_t whole =
			(size_t)(strrchr(names[i], '.') ? strrchr(names[i], '.') - names[i] : 0);

		if (is_distribution(names[i]))
			site->distributions[site->count++] = (struct distribution){
				.directory = names[i],
				.key = comparison_key(arena, names[i],
						      length < whole ? length : whole)};
	}
}

static struct wheel_site *site_of(const struct origin_question *question, const char *below)
{
	struct arena *arena = question->arena;
	size_t length = (size_t)(below - question->path);
	struct wheel_site *site = question->origins->wheel_sites;

	while (site &&
	       (strncmp(site->directory, question->path, length) != 0 || site->directory[length]))
		site = site->next;
	if (site)
		return site;
	site = arena_zalloc(arena, sizeof(*site));
	site->directory = arena_strndup(arena, question->path, length);
	site->next = question->origins->wheel_sites;
	question->origins->wheel_sites = site;
	fill_site(question, site);
	return site;
}

/* A file of a distribution as a text; NULL: there is none, or no more is read of this site. */
static const char *read_text(const struct origin_question *question, struct wheel_site *site,
			     const struct distribution *distribution, const char *name)
{
	const char *path = arena_printf(question->arena, "%s%s/%s", site->directory,
					distribution->directory, name);
	size_t limit = RECORDS_BYTES - site->bytes;
	struct small_file file;
	const char *text;

	if (!small_file_read(question->origins, path, limit < RECORD_BYTES ? limit : RECORD_BYTES,
			     &file))
		return NULL;
	site->bytes += file.length;
	text = arena_strndup(question->arena, file.bytes, file.length);
	small_file_free(&file);
	return text;
}

static void read_lists(const struct origin_question *question, struct wheel_site *site,
		       struct distribution *distribution)
{
	if (distribution->is_read)
		return;
	distribution->is_read = true;
	distribution->record = read_text(question, site, distribution, "RECORD");
	if (!distribution->record)
		distribution->record =
			read_text(question, site, distribution, "installed-files.txt");
	distribution->top_level = read_text(question, site, distribution, "top_level.txt");
}

/* Does a line of `text` consist of `start` and what comes after one of `ends`? */
static bool has_line(const char *text, const char *start, size_t length, const char *ends)
{
	const char *line = text;

	while (line && *line) {
		const char *next = strchr(line, '\n');

		/* installed-files.txt counts from its own directory, RECORD may quote. */
		line += text_begins(line, "../") ? 3 : *line == '"';
		if (strncmp(line, start, length) == 0 && strchr(ends, line[length]))
			return true;
		line = next ? next + 1 : NULL;
	}
	return false;
}

static bool lists_file(const struct distribution *distribution, const char *below)
{
	return has_line(distribution->record, below, strlen(below), "\",\r\n");
}

/* The first element of a path: "polars", "six" of "six.py", "faiss_cpu" of "faiss_cpu.libs". */
static size_t top_length(const char *below)
{
	return strcspn(below, "/.");
}

static bool has_top_level(const struct distribution *distribution, const char *below)
{
	return has_line(distribution->top_level, below, top_length(below), "\r\n");
}

static struct distribution *find_by_list(const struct origin_question *question,
					 struct wheel_site *site, const char *below,
					 const char *key)
{
	/* Most distributions are called like what they install: their lists are read first. */
	for (int likely = 1; likely >= 0; likely--)
		for (size_t i = 0; i < site->count; i++) {
			struct distribution *distribution = &site->distributions[i];

			if ((strcmp(distribution->key, key) == 0) != likely)
				continue;
			read_lists(question, site, distribution);
			if (lists_file(distribution, below))
				return distribution;
		}
	return NULL;
}

static struct distribution *find_distribution(const struct origin_question *question,
					      struct wheel_site *site, const char *below)
{
	const char *key = comparison_key(question->arena, below, top_length(below));
	struct distribution *found = find_by_list(question, site, below, key);

	for (size_t i = 0; !found && i < site->count; i++)
		if (has_top_level(&site->distributions[i], below))
			found = &site->distributions[i];
	for (size_t i = 0; !found && i < site->count; i++)
		if (strcmp(site->distributions[i].key, key) == 0)
			found = &site->distributions[i];
	return found;
}

static const char *header_name(const struct origin_question *question,
			       const struct small_file *file, const char *start)
{
	size_t length;
	const char *value = small_file_header(file, start, &length);

	return value ? origin_name(question->arena, value, length) : NULL;
}

static void read_name(const struct origin_question *question, const struct wheel_site *site,
		      struct distribution *distribution)
{
	static const char *const files[] = {"/METADATA", "/PKG-INFO", ""};
	struct small_file file;

	distribution->has_name = true;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const char *path = arena_printf(question->arena, "%s%s%s", site->directory,
						distribution->directory, files[i]);

		if (!small_file_read(question->origins, path, METADATA_BYTES, &file))
			continue;
		distribution->name = header_name(question, &file, "Name: ");
		distribution->version = header_name(question, &file, "Version: ");
		small_file_free(&file);
		return;
	}
}

/* "foo-1.0-py3.8.egg/foo/x.py": an egg is a directory of packages with one in it. */
static bool fill_from_egg(const struct origin_question *question, const char *below,
			  struct origin *origin)
{
	const char *end = strstr(below, ".egg/"), *dash = strchr(below, '-');

	if (!end || end > below + strcspn(below, "/") || !dash || dash > end)
		return false;
	*origin = (struct origin){.kind = ORIGIN_PACKAGE};
	origin->package = origin_name(question->arena, below, (size_t)(dash - below));
	origin->version = origin_name(question->arena, dash + 1, strcspn(dash + 1, "-/"));
	return true;
}

bool wheel_file_origin(const struct origin_question *question, struct origin *origin)
{
	const char *below = wheel_below_site(question->path);
	struct distribution *distribution;
	struct wheel_site *site;

	if (!below)
		return false;
	if (fill_from_egg(question, below, origin))
		return true;
	*origin = (struct origin){.kind = ORIGIN_PACKAGE};
	site = site_of(question, below);
	distribution = find_distribution(question, site, below);
	if (distribution && !distribution->has_name)
		read_name(question, site, distribution);
	if (distribution) {
		origin->package = distribution->name;
		origin->version = distribution->version;
	}
	/* What is imported is a name at least. */
	if (!origin->package)
		origin->package = origin_name(question->arena, below, top_length(below));
	return true;
}
