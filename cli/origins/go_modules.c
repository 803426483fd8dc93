/*
 * Go: the package of a function is the start of its name, and a module's version stands in the
 * path that the Go tool unpacks it at. The standard library has no module.
 */
#include "base/library_names.h"
#include "ecosystems.h"
#include "path_parts.h"
#include <ctype.h>
#include <string.h>

/* The first elements of the import paths of the standard library (`go list std`): a module of
 * a user may have no dot in its name either. */
static const char *const standard[] = {
	"archive",  "bufio",   "bytes",   "cmp",      "compress", "container", "context", "crypto",
	"database", "debug",   "embed",   "encoding", "errors",   "expvar",    "flag",    "fmt",
	"go",       "hash",    "html",    "image",    "index",    "internal",  "io",      "iter",
	"log",      "maps",    "math",    "mime",     "net",      "os",        "path",    "plugin",
	"reflect",  "regexp",  "runtime", "slices",   "sort",     "strconv",   "strings", "structs",
	"sync",     "syscall", "testing", "text",     "time",     "unicode",   "unique",  "unsafe",
	"vendor",   "weak",    "type:",
};

/* The import path of "net/http.(*Server).Serve" is 8 bytes long; 0: it is no name of Go's. */
static size_t import_path_length(const char *function)
{
	const char *last = function;

	/* A type argument may have slashes of its own. */
	for (size_t i = 0; function[i] && !strchr("[(", function[i]); i++)
		if (function[i] == '/')
			last = function + i;
	last = strchr(last, '.');
	return last ? (size_t)(last - function) : 0;
}

static bool is_standard(const char *import_path, size_t length)
{
	size_t first = strcspn(import_path, "/.");

	first = first < length ? first : length;
	for (size_t i = 0; i < sizeof(standard) / sizeof(*standard); i++)
		if (strlen(standard[i]) == first && strncmp(standard[i], import_path, first) == 0)
			return true;
	return false;
}

/* What cgo writes for a program, and Go's own C. */
static bool is_glue(const struct frame *frame)
{
	static const char *const names[] = {"cgo-gcc-prolog", "cgo-gcc-export-prolog",
					    "_cgo_gotypes.go", "_cgo_export.c"};
	const char *name = library_file_name(frame->file);

	if (!name)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return strstr(frame->file, "/_/GOROOT/") || strstr(frame->file, "/src/runtime/cgo/");
}

static bool is_go(const struct origin_question *question)
{
	const struct frame *frame = question->frame;

	if (question->source)
		return text_ends(question->source, ".go") || text_ends(question->source, ".s");
	return frame->function && !frame->is_rust && !strstr(frame->function, "::");
}

/* Of ".../src/net/http/server.go", and of "net/http/server.go" of a trimmed build. */
static const char *below_source(const char *file)
{
	const char *below = file ? path_after(file, "/src/") : NULL;

	return below || !file || file[0] == '/' ? below : file;
}

/* Capital letters are written as "!a", for file systems that do not tell them apart. */
static const char *module_name(const struct origin_question *question, const char *escaped,
			       size_t length)
{
	char *name = arena_zalloc(question->arena, length + 1);
	size_t used = 0;

	for (size_t i = 0; i < length; i++)
		if (escaped[i] == '!' && i + 1 < length)
			name[used++] = (char)toupper((unsigned char)escaped[++i]);
		else
			name[used++] = escaped[i];
	return origin_name(question->arena, name, used);
}

/* Of ".../pkg/mod/MODULE@VERSION/file.go"; a trimmed build has no directory before it. */
static bool fill_from_module(const struct origin_question *question, struct origin *origin)
{
	const char *file = question->source;
	const char *module = file ? path_after(file, "/pkg/mod/") : NULL;
	const char *version;
	size_t length;

	if (!module)
		module = file && file[0] != '/' ? file : NULL;
	version = module ? strstr(module, "@v") : NULL;
	if (!version)
		return false;
	version++;
	length = strcspn(version, "/");
	*origin = (struct origin){.kind = ORIGIN_PACKAGE};
	origin->package = module_name(question, module, (size_t)(version - 1 - module));
	origin->version = origin_name(question->arena, version, length);
	if (origin->package)
		origin->path =
			arena_printf(question->arena, "%s%s", origin->package, version + length);
	return true;
}

/* Of ".../vendor/github.com/x/y/z.go"; how long the module's name is nobody says. */
static bool fill_from_vendor(const struct origin_question *question, struct origin *origin)
{
	const char *file = question->source;
	const char *below = file ? path_after(file, "/vendor/") : NULL;
	const char *slash = below ? strrchr(below, '/') : NULL;
	const char *dot = below ? strchr(below, '.') : NULL;

	if (!slash || dot > below + strcspn(below, "/"))
		return false;
	*origin = (struct origin){.kind = ORIGIN_PACKAGE, .path = below};
	origin->package = origin_name(question->arena, below, (size_t)(slash - below));
	return true;
}

bool go_frame_origin(const struct origin_question *question, struct origin *origin)
{
	const struct frame *frame = question->frame;
	size_t length;

	if (is_glue(frame)) {
		*origin = (struct origin){.kind = ORIGIN_RUNTIME};
		return true;
	}
	if (!is_go(question))
		return false;
	length = frame->function ? import_path_length(frame->function) : 0;
	if (length && is_standard(frame->function, length)) {
		*origin = (struct origin){.kind = ORIGIN_RUNTIME};
		origin->path = below_source(question->source);
		return true;
	}
	return fill_from_module(question, origin) || fill_from_vendor(question, origin);
}
