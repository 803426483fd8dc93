/*
 * The fork-safety table is put together here: what is known of files (libraries.c) is added up by
 * package, and from the forks without exec come the threads that were alive and the locks that
 * were held. Threads that an interpreter started are those of the package that asked for them.
 */
#include "fork_safety.h"
#include "base/same_text.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/missing_threads.h"
#include "libraries.h"
#include "unwind/unwind.h"
#include <stdlib.h>
#include <string.h>

/* A lock of a row that was held at a fork. */
struct held_lock {
	size_t row;
	uint32_t process;
	uint64_t lock;
};

struct safety_table {
	struct judgement judgement; /* for what attribution and origins remember */
	struct fork_safety *rows;
	size_t count, capacity;
	struct held_lock *held;
	size_t held_count;
};

static void *safety_grow(struct arena *arena, const void *list, size_t count, size_t size)
{
	void *grown = arena_array(arena, count ? 2 * count : 1, size);

	if (count)
		memcpy(grown, list, count * size);
	return grown;
}

/* Powers of two. */
static bool is_full(size_t count)
{
	return (count & (count - 1)) == 0;
}

/* --- rows --------------------------------------------------------------------------------- */

static bool is_row(const struct fork_safety *row, const char *name, const char *version)
{
	return same_text(row->name, name) && same_text(row->version, version);
}

/* Its index, made where there is none. */
static size_t row_named(struct safety_table *table, const char *name, const char *version)
{
	for (size_t i = 0; i < table->count; i++)
		if (is_row(&table->rows[i], name, version))
			return i;
	if (is_full(table->count))
		table->rows = safety_grow(table->judgement.arena, table->rows, table->count,
					  sizeof(*table->rows));
	table->rows[table->count] = (struct fork_safety){.name = name, .version = version};
	return table->count++;
}

static bool has_path(const struct fork_safety *row, const char *path)
{
	for (size_t i = 0; i < row->file_count; i++)
		if (same_text(row->files[i], path))
			return true;
	return false;
}

static void add_file(struct arena *arena, struct fork_safety *row, const char *path)
{
	if (has_path(row, path))
		return;
	if (is_full(row->file_count))
		row->files = safety_grow(arena, row->files, row->file_count, sizeof(*row->files));
	row->files[row->file_count++] = path;
}

static bool is_package(const struct origin *origin)
{
	return origin && origin->kind == ORIGIN_PACKAGE && origin->package;
}

static size_t row_of_file(struct safety_table *table, const char *path)
{
	const struct origin *origin =
		origin_of_file(&table->judgement.origins, table->judgement.arena, path);
	size_t index = is_package(origin) ? row_named(table, origin->package, origin->version)
					  : row_named(table, evidence_file_name(path), NULL);

	add_file(table->judgement.arena, &table->rows[index], path);
	return index;
}

/* The file of Python's that asked an interpreter for threads; NULL: there is none. */
static const char *source_of(const struct missing_group *group)
{
	const struct frame *starter = group->is_python ? group->starter : NULL;

	return starter && starter->file ? evidence_file_name(starter->file) : NULL;
}

/* --- what files did ----------------------------------------------------------------------- */

static void add_library(struct safety_table *table, const struct library *library)
{
	size_t index = row_of_file(table, library->path); /* this may move the rows */
	struct fork_safety *row = &table->rows[index];

	row->threads_started += library->threads_created;
	row->locks_used += library->locks_used;
	row->prepare_handlers += library->prepare_handlers;
	row->parent_handlers += library->parent_handlers;
	row->child_handlers += library->child_handlers;
}

/* --- forks without exec ------------------------------------------------------------------- */

static uint64_t children_without_exec(const struct model *model, session_reference fork)
{
	uint64_t count = 0;

	for (uint32_t serial = model_first_child(model, fork), next; serial; serial = next) {
		const struct process_facts *child = model_facts(model, serial);

		next = child ? child->next_sibling : 0;
		count +=
			child && child->fork == fork && !(model_state(model, child) & BIRTH_EXECED);
	}
	return count;
}

/* NULL: its threads are nobody's that is known. */
static struct fork_safety *row_of_group(struct safety_table *table,
					const struct missing_group *group)
{
	const char *source = source_of(group), *name = source ? source : group->library;
	const struct origin *origin = is_package(group->origin) ? group->origin : NULL;
	size_t index;

	if (!origin && !name)
		return NULL;
	index = row_named(table, origin ? origin->package : name, origin ? origin->version : NULL);
	return &table->rows[index];
}

/* Threads that were counted for the file of the interpreter, and are somebody's. */
static void take_from_interpreter(struct safety_table *table, const struct fork_safety *row,
				  const struct missing_group *group, uint64_t more)
{
	for (size_t i = 0; i < table->count; i++) {
		struct fork_safety *other = &table->rows[i];

		for (size_t k = 0; k < other->file_count && other != row; k++)
			if (same_text(evidence_file_name(other->files[k]), group->library))
				other->threads_started -= other->threads_started < more
								  ? other->threads_started
								  : more;
	}
}

static void add_group(struct safety_table *table, const struct missing_group *group)
{
	struct fork_safety *row = row_of_group(table, group);

	if (row)
		row->threads_here += group->count;
}

/* A row that more threads were seen of at a fork than were counted has started those, too. */
static void end_fork(struct safety_table *table, const struct finding *lost)
{
	for (size_t i = 0; i < lost->missing_count; i++) {
		struct fork_safety *row = row_of_group(table, &lost->missing[i]);
		uint64_t more = row && row->threads_here > row->threads_started
					? row->threads_here - row->threads_started
					: 0;

		if (!more)
			continue;
		row->threads_started += more;
		take_from_interpreter(table, row, &lost->missing[i], more);
	}
	for (size_t i = 0; i < table->count; i++) {
		struct fork_safety *row = &table->rows[i];

		if (row->threads_here > row->threads_at_forks)
			row->threads_at_forks = row->threads_here;
		row->threads_here = 0;
	}
}

/* Did it leave threads behind? */
static bool add_fork(struct safety_table *table, session_reference reference)
{
	const struct model *model = table->judgement.model;
	const struct record_fork *fork = model_fork(model, reference);
	const struct record_lost *lost =
		model_lost(model, reader_fork_lost(model->reader, reference));
	struct finding finding = {0};

	if (!fork || !lost || !lost->count)
		return false;
	missing_threads(&table->judgement, &finding, fork->parent, lost);
	for (size_t i = 0; i < finding.missing_count; i++)
		add_group(table, &finding.missing[i]);
	end_fork(table, &finding);
	return true;
}

/* How many left threads behind. */
static uint64_t add_forks(struct safety_table *table)
{
	const struct model *model = table->judgement.model;
	const struct model_list *list = model_list(model, RECORD_FORK);
	uint64_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		uint64_t children = children_without_exec(model, list->references[i]);

		if (children && add_fork(table, list->references[i]))
			count += children;
	}
	return count;
}

/* --- locks that were held ------------------------------------------------------------------ */

/* By the code that took it. */
static void add_held(struct safety_table *table, const struct record_held *held)
{
	const struct model *model = table->judgement.model;
	const struct record_fork *fork =
		children_without_exec(model, held->fork) ? model_fork(model, held->fork) : NULL;
	struct address_space *space =
		fork ? model_space(table->judgement.model, fork->parent) : NULL;
	const char *path = space && held->site ? space_module_path(space, held->site) : NULL;

	if (!path || unwind_is_shim(model->shim_path, path))
		return;
	path = arena_strdup(table->judgement.arena, path);
	table->held[table->held_count++] =
		(struct held_lock){row_of_file(table, path), fork->parent, held->lock};
}

static int compare_held(const void *left, const void *right)
{
	const struct held_lock *one = left, *other = right;

	if (one->row != other->row)
		return one->row < other->row ? -1 : 1;
	if (one->process != other->process)
		return one->process < other->process ? -1 : 1;
	return (one->lock > other->lock) - (one->lock < other->lock);
}

/* One that was held at several forks of a process is one lock. */
static void add_held_locks(struct safety_table *table)
{
	const struct model *model = table->judgement.model;
	const struct model_list *list = model_list(model, RECORD_HELD);

	table->held = arena_array(table->judgement.arena, list->count, sizeof(*table->held));
	for (size_t i = 0; i < list->count; i++) {
		const struct record_held *held = model_held(model, list->references[i]);

		if (held)
			add_held(table, held);
	}
	if (table->held_count)
		qsort(table->held, table->held_count, sizeof(*table->held), compare_held);
	for (size_t i = 0; i < table->held_count; i++)
		if (i == 0 || compare_held(&table->held[i - 1], &table->held[i]) != 0)
			table->rows[table->held[i].row].locks_held++;
}

/* --- findings ------------------------------------------------------------------------------ */

static bool has_file_named(const struct fork_safety *row, const char *name)
{
	for (size_t i = 0; i < row->file_count; i++)
		if (same_text(evidence_file_name(row->files[i]), name))
			return true;
	return same_text(row->name, name);
}

static bool is_of_group(const struct fork_safety *row, const struct missing_group *group)
{
	const char *source = source_of(group);

	if (is_package(group->origin))
		return is_row(row, group->origin->package, group->origin->version);
	return (source || group->library) && has_file_named(row, source ? source : group->library);
}

/* The rule has put the one that matters first; of a lock it is the holder's. NULL: none. */
static const struct missing_group *group_of_culprit(const struct finding *finding)
{
	const char *holder = finding->holder.present ? finding->holder.library : NULL;

	for (size_t i = 0; i < finding->missing_count; i++)
		if (!holder || same_text(finding->missing[i].library, holder))
			return &finding->missing[i];
	return NULL;
}

/* Is it the one that the finding names as whose threads, lock or handler it is? */
static bool is_named_by(const struct fork_safety *row, const struct finding *finding)
{
	const struct missing_group *group;

	if (finding->handler.present)
		return finding->handler.library && has_file_named(row, finding->handler.library);
	group = group_of_culprit(finding);
	if (group)
		return is_of_group(row, group);
	if (finding->holder.present && finding->holder.library)
		return has_file_named(row, finding->holder.library);
	return finding->package && same_text(row->name, finding->package);
}

static void name_finding(struct arena *arena, struct fork_safety *row,
			 const struct finding *finding)
{
	row->errors += finding->severity == SEVERITY_ERROR;
	row->warnings += finding->severity == SEVERITY_WARNING;
	for (size_t i = 0; i < row->code_count; i++)
		if (same_text(row->codes[i], finding->code))
			return;
	if (is_full(row->code_count))
		row->codes = safety_grow(arena, row->codes, row->code_count, sizeof(*row->codes));
	row->codes[row->code_count++] = finding->code;
}

static int compare_rows(const void *left, const void *right)
{
	const struct fork_safety *one = left, *other = right;

	if (one->errors != other->errors)
		return one->errors < other->errors ? 1 : -1;
	if (one->warnings != other->warnings)
		return one->warnings < other->warnings ? 1 : -1;
	if (one->threads_at_forks != other->threads_at_forks)
		return one->threads_at_forks < other->threads_at_forks ? 1 : -1;
	if (one->locks_held != other->locks_held)
		return one->locks_held < other->locks_held ? 1 : -1;
	return strcmp(one->name, other->name);
}

static bool counts_for_table(const struct finding *finding)
{
	return finding_counts(finding) && finding->severity > SEVERITY_NOTE;
}

void fork_safety_blame(struct arena *arena, struct report *report)
{
	for (size_t i = 0; i < report->safety_count; i++) {
		struct fork_safety *row = &report->safety[i];

		row->errors = row->warnings = row->code_count = 0;
		for (size_t k = 0; k < report->finding_count; k++)
			if (counts_for_table(&report->findings[k]) &&
			    is_named_by(row, &report->findings[k]))
				name_finding(arena, row, &report->findings[k]);
	}
	if (report->safety_count)
		qsort(report->safety, report->safety_count, sizeof(*report->safety), compare_rows);
}

/* --- the table ----------------------------------------------------------------------------- */

static bool is_idle(const struct fork_safety *row)
{
	return !row->threads_started && !row->threads_at_forks && !row->locks_used &&
	       !row->locks_held && !row->prepare_handlers && !row->parent_handlers &&
	       !row->child_handlers && !row->code_count;
}

/* Who did nothing and is named by nothing takes no part. */
static void leave_idle_out(struct report *report)
{
	size_t kept = 0;

	for (size_t i = 0; i < report->safety_count; i++)
		if (!is_idle(&report->safety[i]))
			report->safety[kept++] = report->safety[i];
	report->safety_count = kept;
}

static void give_to_report(struct safety_table *table, struct report *report)
{
	report->safety = table->rows;
	report->safety_count = table->count;
	fork_safety_blame(table->judgement.arena, report);
	leave_idle_out(report);
}

void fork_safety_fill(struct model *model, struct arena *arena, struct report *report)
{
	struct safety_table table = {.judgement = {.model = model, .arena = arena}};

	for (size_t i = 0; i < report->library_count; i++)
		if (library_is_telling(&report->libraries[i]))
			add_library(&table, &report->libraries[i]);
	report->safety_forks = add_forks(&table);
	add_held_locks(&table);
	give_to_report(&table, report);
}

/* --- of several sessions ------------------------------------------------------------------- */

static const char *safety_copy(struct arena *arena, const char *text)
{
	return text ? arena_strdup(arena, text) : NULL;
}

static struct fork_safety *merged_row(struct safety_table *table, const struct fork_safety *from)
{
	struct arena *arena = table->judgement.arena;
	size_t index;

	for (size_t i = 0; i < table->count; i++)
		if (is_row(&table->rows[i], from->name, from->version))
			return &table->rows[i];
	index = row_named(table, safety_copy(arena, from->name), safety_copy(arena, from->version));
	return &table->rows[index];
}

static void merge_row(struct safety_table *table, const struct fork_safety *from)
{
	struct fork_safety *to = merged_row(table, from);

	to->threads_started += from->threads_started;
	if (to->threads_at_forks < from->threads_at_forks)
		to->threads_at_forks = from->threads_at_forks;
	to->locks_used += from->locks_used;
	to->locks_held += from->locks_held;
	to->prepare_handlers += from->prepare_handlers;
	to->parent_handlers += from->parent_handlers;
	to->child_handlers += from->child_handlers;
	for (size_t i = 0; i < from->file_count; i++)
		if (!has_path(to, from->files[i]))
			add_file(table->judgement.arena, to,
				 safety_copy(table->judgement.arena, from->files[i]));
}

void fork_safety_empty(struct report *report)
{
	report->safety = NULL;
	report->safety_count = 0;
	report->safety_forks = 0;
}

void fork_safety_add(struct arena *arena, struct report *merged, const struct report *report)
{
	struct safety_table table = {.judgement = {.arena = arena},
				     .rows = merged->safety,
				     .count = merged->safety_count};

	for (size_t i = 0; i < report->safety_count; i++)
		merge_row(&table, &report->safety[i]);
	merged->safety = table.rows;
	merged->safety_count = table.count;
	merged->safety_forks += report->safety_forks;
}
