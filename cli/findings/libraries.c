/*
 * The table of libraries is counted here, by module. Addresses are looked up and creation
 * stacks are walked; nothing is symbolized.
 */
#include "libraries.h"
#include "findings/evidence/attribution.h"
#include "findings/evidence/evidence.h"
#include "unwind/unwind.h"
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* The use of a lock: one row, program and lock may have many. */
struct lock_use {
	struct library *library;
	uint32_t image;
	uint64_t lock;
};

struct table {
	struct judgement judgement; /* for what attribution remembers */
	bool *forked;               /* index: serial of an image */
	size_t image_count;
	struct library **rows;
	size_t count, capacity;
	void *by_path; /* tree of the rows */
	struct lock_use *uses;
	size_t use_count;
};

static int compare_paths(const void *left, const void *right)
{
	return strcmp(((const struct library *)left)->path, ((const struct library *)right)->path);
}

static void libraries_keep(void *row)
{
	(void)row; /* belongs to the arena */
}

static void append_row(struct table *table, struct library *row)
{
	if (table->count == table->capacity) {
		size_t capacity = table->capacity ? 2 * table->capacity : 64;
		struct library **grown =
			arena_array(table->judgement.arena, capacity, sizeof(*grown));

		if (table->count)
			memcpy(grown, table->rows, table->count * sizeof(*grown));
		table->rows = grown;
		table->capacity = capacity;
	}
	table->rows[table->count++] = row;
}

/* The row of a path, made where there is none. */
static struct library *libraries_row_of(struct table *table, const char *path)
{
	const struct library key = {.path = path};
	struct library **found = tfind(&key, &table->by_path, compare_paths);
	struct library *row;

	if (found)
		return *found;
	row = arena_zalloc(table->judgement.arena, sizeof(*row));
	row->path = arena_strdup(table->judgement.arena, path);
	tsearch(row, &table->by_path, compare_paths);
	append_row(table, row);
	return row;
}

/* A fork() that hangs in a handler never came to be a FORK record. */
static void note_images_in_fork(struct table *table)
{
	const struct model *model = table->judgement.model;
	const struct model_list *hangs = model_list(model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_hang(model, hangs->references[i]);
		const struct process_facts *process = model_facts(model, hang->serial);

		if (process && process->image < table->image_count)
			table->forked[process->image] = true;
	}
}

static void note_forked_images(struct table *table)
{
	const struct model *model = table->judgement.model;
	const struct model_list *forks = model_list(model, RECORD_FORK);

	table->image_count = model->process_capacity;
	table->forked =
		arena_array(table->judgement.arena, table->image_count, sizeof(*table->forked));
	for (size_t i = 0; i < forks->count; i++) {
		const struct record_fork *fork = model_fork(model, forks->references[i]);
		const struct process_facts *parent = model_facts(model, fork->parent);

		if (parent && parent->image < table->image_count)
			table->forked[parent->image] = true;
	}
	note_images_in_fork(table);
}

static bool has_forked(const struct table *table, uint32_t image)
{
	return image < table->image_count && table->forked[image];
}

static const char *module_path(struct table *table, const struct record_module *module)
{
	return module->path_length
		       ? arena_strndup(table->judgement.arena, module->text, module->path_length)
		       : model_program(table->judgement.model, module->image);
}

/* The shim is no part of the program. */
static bool libraries_is_shim(const struct model *model, const char *path)
{
	return unwind_is_shim(model->shim_path, path);
}

static void add_modules(struct table *table)
{
	const struct model *model = table->judgement.model;
	const struct model_list *modules = model_list(model, RECORD_MODULE);

	for (size_t i = 0; i < modules->count; i++) {
		const struct record_module *module = model_module(model, modules->references[i]);
		const char *path =
			has_forked(table, module->image) ? module_path(table, module) : NULL;

		if (path && !libraries_is_shim(model, path))
			libraries_row_of(table, path);
	}
}

/* The row of the module that an address is in; NULL: none. */
static struct library *row_at(struct table *table, uint32_t image, uint64_t address)
{
	struct address_space *space = model_space(table->judgement.model, image);
	const char *path = space ? space_module_path(space, address) : NULL;

	return path && !libraries_is_shim(table->judgement.model, path)
		       ? libraries_row_of(table, path)
		       : NULL;
}

static void add_threads(struct table *table, const struct record_use *use, uint64_t count)
{
	const char *path =
		attribute_creation(&table->judgement, use->image, use->stack, use->address);

	if (path && !libraries_is_shim(table->judgement.model, path))
		libraries_row_of(table, path)->threads_created += count;
}

static void add_lock(struct table *table, const struct record_use *use)
{
	struct library *row = row_at(table, use->image, use->address);

	if (row)
		table->uses[table->use_count++] = (struct lock_use){row, use->image, use->lock};
}

static int compare_uses(const void *left, const void *right)
{
	const struct lock_use *one = left, *other = right;

	if (one->library != other->library)
		return one->library < other->library ? -1 : 1;
	if (one->image != other->image)
		return one->image < other->image ? -1 : 1;
	return (one->lock > other->lock) - (one->lock < other->lock);
}

/* A lock that a library takes at several places is one lock. */
static void count_locks(struct table *table)
{
	if (table->use_count)
		qsort(table->uses, table->use_count, sizeof(*table->uses), compare_uses);
	for (size_t i = 0; i < table->use_count; i++)
		if (i == 0 || compare_uses(&table->uses[i - 1], &table->uses[i]) != 0)
			table->uses[i].library->locks_used++;
}

static void add_uses(struct table *table)
{
	const struct model *model = table->judgement.model;
	const struct model_list *list = model_list(model, RECORD_USE);

	table->uses = arena_array(table->judgement.arena, list->count, sizeof(*table->uses));
	for (size_t i = 0; i < list->count; i++) {
		const struct record_use *use = model_use(model, list->references[i]);

		if (!has_forked(table, use->image))
			continue;
		if (use->kind == USE_THREAD)
			add_threads(table, use, reader_count(model->reader, list->references[i]));
		else if (use->kind == USE_LOCK)
			add_lock(table, use);
	}
	count_locks(table);
}

static void count_handlers(struct library *row, const struct record_atfork *atfork, uint64_t count)
{
	row->atfork_handlers += count;
	row->prepare_handlers += atfork->prepare ? count : 0;
	row->parent_handlers += atfork->parent ? count : 0;
	row->child_handlers += atfork->child ? count : 0;
}

static void add_handlers(struct table *table)
{
	const struct model *model = table->judgement.model;
	const struct model_list *list = model_list(model, RECORD_ATFORK);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_atfork *atfork = model_atfork(model, list->references[i]);
		struct library *row = has_forked(table, atfork->image)
					      ? row_at(table, atfork->image, atfork->site)
					      : NULL;

		if (row)
			count_handlers(row, atfork,
				       reader_count(model->reader, list->references[i]));
	}
}

/* The file name of the library that a finding is about; NULL: nobody's. */
static const char *culprit_of(const struct finding *finding)
{
	if (finding->handler.present)
		return finding->handler.library;
	if (finding->holder.present)
		return finding->holder.library;
	/* The rule has put the one that matters first. */
	return finding->missing_count ? finding->missing[0].library : NULL;
}

static struct library *library_named(struct library *libraries, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(evidence_file_name(libraries[i].path), name) == 0)
			return &libraries[i];
	return NULL;
}

static bool has_row_named(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(evidence_file_name(table->rows[i]->path), name) == 0)
			return true;
	return false;
}

/* A module that was not noted, but is in a stack. */
static void add_culprits(struct table *table, const struct report *report)
{
	for (size_t i = 0; i < report->finding_count; i++) {
		const char *culprit = culprit_of(&report->findings[i]);

		if (culprit && !has_row_named(table, culprit))
			libraries_row_of(table, culprit);
	}
}

bool library_is_telling(const struct library *library)
{
	return library->threads_created > 0 || library->locks_used > 0 ||
	       library->atfork_handlers > 0 || library->errors > 0 || library->warnings > 0;
}

void libraries_blame(struct library *libraries, size_t count, const struct report *report)
{
	for (size_t i = 0; i < count; i++)
		libraries[i].errors = libraries[i].warnings = 0;
	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];
		const char *culprit = culprit_of(finding);
		struct library *library = culprit ? library_named(libraries, count, culprit) : NULL;

		if (!library || !finding_counts(finding))
			continue;
		library->errors += finding->severity == SEVERITY_ERROR;
		library->warnings += finding->severity == SEVERITY_WARNING;
	}
}

static int compare_libraries(const void *left, const void *right)
{
	const struct library *one = left, *other = right;

	if (one->errors != other->errors)
		return one->errors < other->errors ? 1 : -1;
	if (one->threads_created != other->threads_created)
		return one->threads_created < other->threads_created ? 1 : -1;
	return strcmp(one->path, other->path);
}

void libraries_sort(struct library *libraries, size_t count)
{
	if (count)
		qsort(libraries, count, sizeof(*libraries), compare_libraries);
}

/* Of what is not in the table of a text report nobody asks for the package. */
static void name_packages(struct table *table, struct library *libraries)
{
	struct judgement *judgement = &table->judgement;

	for (size_t i = 0; i < table->count; i++)
		if (library_is_telling(&libraries[i]))
			libraries[i].origin = origin_of_file(&judgement->origins, judgement->arena,
							     libraries[i].path);
}

void libraries_fill(struct model *model, struct arena *arena, struct report *report)
{
	struct table table = {.judgement = {.model = model, .arena = arena}};
	struct library *libraries;

	note_forked_images(&table);
	add_modules(&table);
	add_uses(&table);
	add_handlers(&table);
	add_culprits(&table, report);
	libraries = arena_array(arena, table.count, sizeof(*libraries));
	for (size_t i = 0; i < table.count; i++)
		libraries[i] = *table.rows[i];
	libraries_blame(libraries, table.count, report);
	name_packages(&table, libraries);
	libraries_sort(libraries, table.count);
	report->libraries = libraries;
	report->library_count = table.count;
	tdestroy(table.by_path, libraries_keep);
}
