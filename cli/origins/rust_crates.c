/*
 * Rust: the crate of a function stands in the path of its source, as Cargo unpacks it, and else
 * in its name, which begins with the crate's.
 */
#include "base/library_names.h"
#include "crate_list.h"
#include "path_parts.h"
#include "rust_names.h"
#include <ctype.h>
#include <string.h>

static bool is_std(const char *crate, size_t length)
{
	static const char *const crates[] = {
		"std",        "core",        "alloc",
		"proc_macro", "std_detect",  "panic_unwind",
		"test",       "panic_abort", "rustc_std_workspace_core"};

	for (size_t i = 0; i < sizeof(crates) / sizeof(*crates); i++)
		if (strlen(crates[i]) == length && strncmp(crates[i], crate, length) == 0)
			return true;
	return false;
}

/* std's own source, by the places where rustc's build, rustup and Debian have it. What it was
 * built with has no library/ before it, and is the runtime's as well. */
static bool is_std_file(const char *file, const char **below)
{
	bool is_known = strstr(file, "/rustc/") || strstr(file, "/rustlib/src/rust/") ||
			strstr(file, "/src/rustc-") || text_begins(file, "/rust/deps/");

	*below = path_after(file, "/library/");
	return is_known;
}

/* Of ".../registry/src/INDEX/CRATE-VERSION/src/lib.rs". */
static bool fill_from_registry(const struct origin_question *question, struct origin *origin)
{
	const char *index = path_after(question->source, "/registry/src/");
	const char *below = index ? strchr(index, '/') : NULL;
	const char *dash = below ? rust_version_dash(below + 1) : NULL;
	size_t version;

	if (!dash)
		return false;
	below++;
	version = strcspn(dash + 1, "/");
	*origin = (struct origin){.kind = ORIGIN_PACKAGE};
	origin->package = origin_name(question->arena, below, (size_t)(dash - below));
	origin->version = origin_name(question->arena, dash + 1, version);
	if (origin->package)
		origin->path =
			arena_printf(question->arena, "%s%s", origin->package, dash + 1 + version);
	return true;
}

/* Of ".../git/checkouts/NAME-HASH/REVISION/src/lib.rs": the repository's name. */
static bool fill_from_checkout(const struct origin_question *question, struct origin *origin)
{
	const char *name = path_after(question->source, "/git/checkouts/");
	size_t length = name ? strcspn(name, "/") : 0;
	const char *below = length ? strchr(name + length + (name[length] == '/'), '/') : NULL;

	if (!below)
		return false;
	while (length && name[length] != '-')
		length--;
	*origin = (struct origin){.kind = ORIGIN_PACKAGE};
	origin->package = origin_name(question->arena, name, length);
	if (origin->package)
		origin->path = arena_printf(question->arena, "%s%s", origin->package, below);
	return true;
}

static bool fill_from_file(const struct origin_question *question, struct origin *origin)
{
	const char *file = question->source, *below;

	if (!file || !text_ends(file, ".rs"))
		return false;
	if (is_std_file(file, &below)) {
		*origin = (struct origin){.kind = ORIGIN_RUNTIME, .path = below};
		return true;
	}
	return fill_from_registry(question, origin) || fill_from_checkout(question, origin);
}

/* Cargo names programs and libraries after their crates: "libfoo_bar.so", "foo-bar". */
static bool is_of_module(const char *crate, size_t length, const char *path)
{
	const char *name = library_file_name(path);

	if (text_begins(name, "lib") && strstr(name, ".so"))
		name += strlen("lib");
	for (size_t i = 0; i < length; i++)
		if (crate[i] != (name[i] == '-' ? '_' : name[i]))
			return false;
	return !isalnum((unsigned char)name[length]) && name[length] != '_';
}

/* "server::main", where a program begins. */
static bool is_main_of(const char *function, const char *crate, size_t length)
{
	return function == crate && strcmp(function + length, "::main") == 0;
}

/* Without debug information: what messages of the crate's own say of its source. */
static void fill_from_list(const struct origin_question *question, const char *crate, size_t length,
			   struct origin *origin)
{
	const struct linked_crate *linked = crate_list_find(question, crate, length);

	*origin = (struct origin){.kind = ORIGIN_PACKAGE};
	if (linked) {
		origin->package = linked->name;
		origin->version = linked->version;
	} else {
		origin->package = origin_name(question->arena, crate, length);
	}
}

bool rust_frame_origin(const struct origin_question *question, struct origin *origin)
{
	const struct frame *frame = question->frame;
	const char *crate, *source = question->source;
	size_t length;

	if (fill_from_file(question, origin))
		return true;
	/* A source file in another place is the user's own. */
	if (!frame->is_rust || !frame->function || (source && source[0] == '/'))
		return false;
	crate = rust_crate(frame->function, &length);
	if (!crate)
		return false;
	if (is_std(crate, length)) {
		*origin = (struct origin){.kind = ORIGIN_RUNTIME};
		origin->path = source && text_begins(source, "library/")
				       ? source + strlen("library/")
				       : NULL;
		return true;
	}
	if (is_of_module(crate, length, frame->module) ||
	    is_main_of(frame->function, crate, length))
		return false;
	fill_from_list(question, crate, length, origin);
	return true;
}
