/*
 * The origin of a frame is asked of one ecosystem after the other, and what is learnt of an ELF
 * file or of a source file is kept for the report.
 */
#include "origin.h"
#include "base/library_names.h"
#include "base/same_text.h"
#include "ecosystems.h"
#include "path_parts.h"
#include <string.h>

enum entry_kind {
	ENTRY_FILE,   /* an ELF file */
	ENTRY_SOURCE, /* of Python */
	ENTRY_OWN,    /* a source of the user's, in any other language */
};

/* An answer about a file, in a list: the stacks of a report have a few dozens. */
struct origin_entry {
	struct origin_entry *next;
	const char *path;
	enum entry_kind kind;
	struct origin origin;
};

static const struct origin own = {.kind = ORIGIN_OWN}, runtime = {.kind = ORIGIN_RUNTIME};

static origin_answer *const of_source[] = {python_source_origin, NULL};
static origin_answer *const of_file[] = {
	runtime_file_origin, wheel_file_origin,  npm_file_origin,
	gem_file_origin,     nix_file_origin,    r_file_origin,
	conda_file_origin,   system_file_origin, NULL,
};
static origin_answer *const of_frame[] = {
	rust_frame_origin,
	go_frame_origin,
	header_frame_origin,
	NULL,
};

static bool ask(origin_answer *const *ecosystems, const struct origin_question *question,
		struct origin *origin)
{
	for (; *ecosystems; ecosystems++) {
		*origin = (struct origin){0};
		if ((*ecosystems)(question, origin))
			return true;
	}
	*origin = own;
	return false;
}

/* The last elements of a path, up to the first that another one has not; NULL: it has all. */
static const char *unlike_tail(const char *path, const char *other)
{
	size_t length = strlen(path), other_length = strlen(other), same = 0;

	while (same < length && same < other_length &&
	       path[length - same - 1] == other[other_length - same - 1])
		same++;
	if (same == length)
		return NULL;
	for (length -= same; length > 0 && path[length - 1] != '/';)
		length--;
	return path + length;
}

static bool is_own_source(const struct origin_entry *entry)
{
	return entry->kind != ENTRY_FILE && entry->origin.kind == ORIGIN_OWN;
}

static void lengthen(struct origin_entry *entry, const struct origin_entry *other)
{
	const char *tail = unlike_tail(entry->path, other->path);

	if (tail && (!entry->origin.path || tail < entry->origin.path))
		entry->origin.path = tail;
}

/* Sources of one name, views.py of two applications, are shown by as much as they differ in. */
static void tell_apart(struct origins *origins, struct origin_entry *entry)
{
	const char *name = library_file_name(entry->path);

	if (!is_own_source(entry))
		return;
	for (struct origin_entry *other = origins->entries; other; other = other->next)
		if (is_own_source(other) && strcmp(library_file_name(other->path), name) == 0) {
			lengthen(entry, other);
			lengthen(other, entry);
		}
}

static const struct origin *remember(struct origins *origins, struct arena *arena, const char *path,
				     enum entry_kind kind)
{
	struct origin_question question = {.origins = origins, .arena = arena};
	struct origin_entry *entry = origins->entries;

	while (entry && (entry->kind != kind || strcmp(entry->path, path) != 0))
		entry = entry->next;
	if (entry)
		return &entry->origin;
	entry = arena_zalloc(arena, sizeof(*entry));
	*entry = (struct origin_entry){origins->entries, path, kind, own};
	question.path = kind == ENTRY_FILE ? path_plain(arena, path) : path;
	if (kind != ENTRY_OWN)
		ask(kind == ENTRY_SOURCE ? of_source : of_file, &question, &entry->origin);
	tell_apart(origins, entry);
	origins->entries = entry;
	return &entry->origin;
}

const struct origin *origin_of_file(struct origins *origins, struct arena *arena, const char *path)
{
	return path ? remember(origins, arena, path, ENTRY_FILE) : &own;
}

/* A trimmed build of Go's ran in ".". */
static const char *source_of(struct arena *arena, const struct frame *frame)
{
	if (!frame->file || !frame->directory || frame->file[0] == '/' ||
	    frame->directory[0] != '/')
		return frame->file;
	return arena_printf(arena, "%s/%s", frame->directory, frame->file);
}

static const struct origin *of_native(struct origins *origins, struct arena *arena,
				      const struct frame *frame)
{
	struct origin_question question = {.origins = origins, .arena = arena, .frame = frame};
	struct origin answer, *origin;

	question.path = frame->module;
	question.source = source_of(arena, frame);
	question.module = origin_of_file(origins, arena, frame->module);
	if (question.module->kind == ORIGIN_RUNTIME)
		return question.module;
	if (!ask(of_frame, &question, &answer))
		return question.module->kind == ORIGIN_OWN && question.source
			       ? remember(origins, arena, question.source, ENTRY_OWN)
			       : question.module;
	origin = arena_zalloc(arena, sizeof(*origin));
	*origin = answer;
	origin->file = question.module;
	return origin;
}

const struct origin *origin_of(struct origins *origins, struct arena *arena,
			       const struct frame *frame, const char *interpreter)
{
	if (!frame->module && frame->file)
		return remember(origins, arena, frame->file, ENTRY_SOURCE);
	/* Code of no file and without a name: a runtime has made it as it ran. */
	if (!frame->module)
		return frame->function ? &own : &runtime;
	if (same_text(interpreter, frame->module))
		return &runtime;
	return of_native(origins, arena, frame);
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

/* NULL: all are of runtimes. */
static const struct origin *innermost(const struct frame *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].origin && list[i].origin->kind != ORIGIN_RUNTIME)
			return list[i].origin;
	return NULL;
}

/* Native frames that an interpreter has called, and not those that called it. */
static size_t count_called(const struct frames *frames)
{
	size_t count = 0;

	while (count < frames->count &&
	       !(frames->python && frames->python->count && frames->python->module &&
		 same_text(frames->list[count].module, frames->python->module)))
		count++;
	return count;
}

const struct origin *origin_behind(const struct frames *frames)
{
	const struct origin *origin = innermost(frames->list, count_called(frames));

	if (!origin && frames->python)
		origin = innermost(frames->python->list, frames->python->count);
	if (!origin || origin->kind != ORIGIN_PACKAGE)
		return NULL;
	return origin->file && origin->file->kind == ORIGIN_PACKAGE ? origin->file : origin;
}

const char *origin_kind_name(enum origin_kind kind)
{
	static const char *const names[] = {
		[ORIGIN_OWN] = "own", [ORIGIN_PACKAGE] = "package", [ORIGIN_RUNTIME] = "runtime"};

	return names[kind];
}
