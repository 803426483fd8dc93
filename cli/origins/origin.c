/*
 * The origin of a frame is told from the paths of its source and of its ELF file, by the rules of
 * those who put files there: site.py, Cargo, the Go tool, the file hierarchy standard.
 */
#include "origin.h"
#include "base/library_names.h"
#include <ctype.h>
#include <string.h>

static const struct origin own = {.kind = ORIGIN_OWN}, runtime = {.kind = ORIGIN_RUNTIME},
			   package = {.kind = ORIGIN_PACKAGE};

/* What comes after the last `part` of a path; NULL: it has none. */
static const char *origin_after(const char *path, const char *part)
{
	const char *found = NULL;

	for (const char *next = path; (next = strstr(next, part)); next++)
		found = next + strlen(part);
	return found;
}

/* Of ".../lib/python3.11/queue.py" what comes below the library's directory. */
static const char *below_python_library(const char *path)
{
	const char *below = origin_after(path, "/lib/python");

	if (!below || !isdigit((unsigned char)*below))
		return NULL;
	below = strchr(below, '/');
	return below ? below + 1 : NULL;
}

static const char *below_packages(const char *path)
{
	const char *below = origin_after(path, "/site-packages/");

	return below ? below : origin_after(path, "/dist-packages/");
}

static const struct origin *of_package_file(struct arena *arena, const char *below)
{
	struct origin *origin = arena_zalloc(arena, sizeof(*origin));

	*origin = (struct origin){.kind = ORIGIN_PACKAGE, .path = below};
	origin->package = arena_strndup(arena, below, strcspn(below, "/."));
	return origin;
}

static const struct origin *of_python(struct arena *arena, const char *file)
{
	const char *below = below_packages(file);
	struct origin *origin;

	if (file[0] == '<')
		return &runtime;
	if (below)
		return of_package_file(arena, below);
	below = below_python_library(file);
	if (!below)
		return &own;
	origin = arena_zalloc(arena, sizeof(*origin));
	*origin = (struct origin){.kind = ORIGIN_RUNTIME, .path = below};
	return origin;
}

static bool is_runtime_module(const char *module)
{
	static const char *const families[] = {"libstdc++", "libc++", "libgcc_s",    "libpython3*",
					       "python3*",  "libjvm", "libforkcheck"};

	return library_is_of_libc(module) || LIBRARY_IS_AMONG(module, families);
}

static bool is_runtime_source(const char *file)
{
	return strstr(file, "/rustc/") || strstr(file, "/include/c++/");
}

static bool is_system_library(const char *module)
{
	return strncmp(module, "/usr/lib", 8) == 0 || strncmp(module, "/lib", 4) == 0;
}

static const struct origin *of_native(struct arena *arena, const struct frame *frame)
{
	const char *below = below_packages(frame->module);

	if (is_runtime_module(frame->module) || (frame->file && is_runtime_source(frame->file)))
		return &runtime;
	if (below) {
		struct origin *origin = arena_zalloc(arena, sizeof(*origin));

		*origin = (struct origin){.kind = ORIGIN_PACKAGE};
		origin->package = arena_strndup(arena, below, strcspn(below, "/."));
		return origin;
	}
	return is_system_library(frame->module) ? &package : &own;
}

const struct origin *origin_of(struct origins *origins, struct arena *arena,
			       const struct frame *frame, const char *interpreter)
{
	(void)origins;
	if (!frame->module)
		return frame->file ? of_python(arena, frame->file) : &own;
	if (interpreter && strcmp(frame->module, interpreter) == 0)
		return &runtime;
	return of_native(arena, frame);
}

void origins_mark(struct origins *origins, struct arena *arena, struct frames *frames)
{
	const struct python_frames *python = frames->python;
	const char *interpreter = python ? python->module : NULL;

	for (size_t i = 0; i < frames->count; i++)
		frames->list[i].origin = origin_of(origins, arena, &frames->list[i], interpreter);
	for (size_t i = 0; python && i < python->count; i++)
		python->list[i].origin = origin_of(origins, arena, &python->list[i], NULL);
}
