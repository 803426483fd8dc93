/*
 * The two sides of a fork are put together here: what a child took, and what the threads that it
 * lacks did with the same lock before and after. A fork cuts all threads at one instant; another
 * schedule moves a section onto that cut unless something orders the two. Nothing is said of a
 * lock whose sections are all kept away, nor of readers among each other.
 */
#include "cut_sections.h"
#include "evidence.h"
#include "fork_line.h"
#include "python_evidence.h"
#include <stdlib.h>

/* How near a section can come to the fork. */
enum nearness { KEPT_AWAY, NEAR_PERHAPS, NEAR };

struct section_entry {
	const struct record_section *section;
	const struct record_thread *thread;
	session_reference reference;
	uint32_t image;
	uint64_t line;
	bool is_polled; /* who forks there waits for something that cannot be seen */
	bool is_early;  /* order may be missing: a mutex that hands over was not known as one */
};

struct taking {
	const struct record_taken *taken;
	uint32_t image;
};

/* All records, sorted. */
struct section_table {
	struct judgement *judgement;
	struct section_entry *entries; /* by line, image, lock, kind and thread */
	size_t entry_count;
	struct taking *takings; /* by image, lock and kind */
	size_t taking_count;
};

/* What one lost thread did with one lock at one line of forks. */
struct thread_sides {
	enum nearness before, after;
	bool is_before, is_after;
	const struct section_entry *nearest;
	const struct record_taken *taken; /* that `nearest` would stand in the way of */
	/* It had ended by the fork. Others that were created there did the same. */
	bool is_ended, comes_again;
	bool tells_inline;
	double delays_ns, held_ns;
	uint64_t delays, helds;
};

static int cut_sections_compare(uint64_t one, uint64_t other)
{
	return (one > other) - (one < other);
}

static uint32_t cut_sections_image_of(const struct model *model, uint32_t process)
{
	const struct process_facts *facts = model_facts(model, process);

	return facts ? facts->image : process;
}

/* --- the child's side ------------------------------------------------------------------ */

static int compare_taking(const struct taking *taking, uint32_t image, uint64_t lock, uint32_t kind)
{
	int order = cut_sections_compare(taking->image, image);

	if (!order)
		order = cut_sections_compare(taking->taken->lock, lock);
	return order ? order : cut_sections_compare(taking->taken->kind, kind);
}

static int by_lock_taken(const void *left, const void *right)
{
	const struct taking *one = left, *other = right;
	int order = compare_taking(one, other->image, other->taken->lock, other->taken->kind);

	/* The first one that was written stands for all. */
	return order ? order
		     : cut_sections_compare(one->taken->record.time_ns,
					    other->taken->record.time_ns);
}

/* A child that gives up goes on. */
static void collect_takings(struct section_table *table)
{
	const struct model *model = table->judgement->model;
	const struct model_list *list = model_list(model, RECORD_TAKEN);

	table->takings =
		arena_array(table->judgement->arena, list->count + 1, sizeof(*table->takings));
	for (size_t i = 0; i < list->count; i++) {
		const struct record_taken *taken = model_taken(model, list->references[i]);

		if (!(taken->flags & TAKEN_BOUNDED))
			table->takings[table->taking_count++] = (struct taking){
				taken, cut_sections_image_of(model, taken->record.process)};
	}
	qsort(table->takings, table->taking_count, sizeof(*table->takings), by_lock_taken);
}

static size_t first_taking(const struct section_table *table, const struct section_entry *entry)
{
	size_t low = 0, high = table->taking_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_taking(&table->takings[middle], entry->image, entry->section->lock,
				   entry->section->kind) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where a child of the line takes the lock, and would wait for who is in the section. */
static const struct record_taken *taking_against(const struct section_table *table,
						 const struct section_entry *entry)
{
	const struct record_section *section = entry->section;

	for (size_t i = first_taking(table, entry); i < table->taking_count; i++) {
		const struct taking *taking = &table->takings[i];
		bool both_read =
			taking->taken->flags & TAKEN_FOR_READING && section->flags & SECTION_READS;

		if (compare_taking(taking, entry->image, section->lock, section->kind))
			break;
		if (!both_read && fork_line_comes_from(table->judgement->model, taking->taken->fork,
						       section->fork))
			return taking->taken;
	}
	return NULL;
}

/* --- the lost thread's side ------------------------------------------------------------ */

/* The same lock at the same line. */
static int compare_group(const struct section_entry *one, const struct section_entry *other)
{
	int order = cut_sections_compare(one->line, other->line);

	if (!order)
		order = cut_sections_compare(one->image, other->image);
	if (!order)
		order = cut_sections_compare(one->section->lock, other->section->lock);
	return order ? order : cut_sections_compare(one->section->kind, other->section->kind);
}

static int compare_thread(const struct section_entry *one, const struct section_entry *other)
{
	int order = cut_sections_compare(one->thread->born_in, other->thread->born_in);

	if (!order)
		order = cut_sections_compare(one->thread->serial, other->thread->serial);
	/* One that the shim never met has no serial. */
	return order || one->thread->serial ? order
					    : cut_sections_compare((uint32_t)one->thread->tid,
								   (uint32_t)other->thread->tid);
}

static int by_line_and_lock(const void *left, const void *right)
{
	const struct section_entry *one = left, *other = right;
	int order = compare_group(one, other);

	if (!order)
		order = compare_thread(one, other);
	return order ? order : cut_sections_compare(one->reference, other->reference);
}

/* A mutex was known to hand something over only after the last fork that it was so of. */
static bool is_early(const struct model *model, session_reference reference)
{
	const struct model_list *list = model_list(model, RECORD_LATE_ORDER);
	const struct record_fork *fork;
	struct record_section now;

	if (!list->count || !reader_section(model->reader, reference, &now))
		return false;
	fork = model_fork(model, now.fork);
	for (size_t i = list->count; fork && i-- > 0;) {
		const struct record_late_order *late = model_late_order(model, list->references[i]);

		if (late->record.process == fork->record.process)
			return now.newest_ns < late->record.time_ns;
	}
	return false;
}

static void collect_sections(struct section_table *table)
{
	const struct model *model = table->judgement->model;
	const struct model_list *list = model_list(model, RECORD_SECTION);

	table->entries =
		arena_array(table->judgement->arena, list->count + 1, sizeof(*table->entries));
	for (size_t i = 0; i < list->count; i++) {
		const struct record_section *section = model_section(model, list->references[i]);
		struct section_entry entry = {
			.section = section,
			.thread = model_thread(model, section->thread),
			.reference = list->references[i],
			.image = cut_sections_image_of(model, section->record.process),
			.line = fork_line_site(model, section->fork),
			.is_early = is_early(model, list->references[i])};

		if (entry.thread && entry.line &&
		    (section->side == SECTION_BEFORE || section->side == SECTION_AFTER))
			table->entries[table->entry_count++] = entry;
	}
	qsort(table->entries, table->entry_count, sizeof(*table->entries), by_line_and_lock);
}

/* That a line polls is seen once it has had to wait: it is so of its first fork, too. */
static void mark_polled(struct section_table *table)
{
	for (size_t first = 0, next; first < table->entry_count; first = next) {
		uint64_t line = table->entries[first].line;
		bool is_polled = false;

		for (next = first; next < table->entry_count && table->entries[next].line == line;
		     next++)
			is_polled |= table->entries[next].section->flags & SECTION_POLLS;
		for (size_t i = first; i < next; i++)
			table->entries[i].is_polled = is_polled;
	}
}

/*
 * What was open at the clone was on the cut, whatever one of the two polls for; but a thread that
 * still waited for a lock, behind a gate, was not.
 */
static enum nearness nearness_of(const struct section_entry *entry)
{
	const struct record_section *section = entry->section;
	bool is_open = section->side == SECTION_BEFORE && section->flags & SECTION_AT_FORK;

	if (section->order != SECTION_FREE && section->order != SECTION_PERHAPS)
		return KEPT_AWAY;
	if (is_open)
		return NEAR;
	return section->order == SECTION_FREE && !entry->is_polled && !entry->is_early
		       ? NEAR
		       : NEAR_PERHAPS;
}

static enum nearness nearest_side(const struct thread_sides *sides)
{
	return sides->before > sides->after ? sides->before : sides->after;
}

static void add_times(const struct section_table *table, struct thread_sides *sides,
		      const struct section_entry *entry)
{
	struct record_section now;

	if (!reader_section(table->judgement->model->reader, entry->reference, &now))
		return;
	sides->delays_ns += (double)now.delays_ns;
	sides->delays += now.delays;
	sides->held_ns += (double)now.held_ns;
	sides->helds += now.helds;
}

static void look_at_section(const struct section_table *table, struct thread_sides *sides,
			    const struct section_entry *entry)
{
	const struct record_taken *taken = taking_against(table, entry);
	bool is_after = entry->section->side == SECTION_AFTER;
	enum nearness nearness = nearness_of(entry), *side;

	if (!taken)
		return;
	/* Of two that are as near, the later one: its stack is that of the thread itself. */
	if (!sides->nearest || nearness > nearest_side(sides) ||
	    (nearness == nearest_side(sides) && is_after && !sides->is_after)) {
		sides->nearest = entry;
		sides->taken = taken;
	}
	side = is_after ? &sides->after : &sides->before;
	if (nearness > *side)
		*side = nearness;
	sides->tells_inline |= entry->section->flags & SECTION_TELLS_INLINE;
	sides->is_ended |= !is_after && entry->section->flags & SECTION_ENDED;
	sides->is_after |= is_after;
	sides->is_before |= !is_after;
	if (is_after)
		add_times(table, sides, entry);
}

/* Later forks, of which all order is known, say what keeps the thread away from that line. */
static bool is_known_better(const struct section_table *table, size_t first, size_t end,
			    const struct section_entry *entry)
{
	if (!entry->is_early || entry->section->flags & SECTION_AT_FORK)
		return false;
	for (size_t i = first; i < end; i++)
		if (!table->entries[i].is_early && nearness_of(&table->entries[i]) == KEPT_AWAY)
			return true;
	return false;
}

/* SEVERITY_NOTE: nothing is said. */
static enum severity severity_of(const struct thread_sides *sides)
{
	/* Who waits for something unseen before it comes back may have told of it, too. */
	bool is_unordered = sides->after == NEAR || (sides->before == NEAR && sides->is_after &&
						     sides->after != NEAR_PERHAPS);

	if (sides->is_ended)
		return sides->before == NEAR && sides->comes_again ? SEVERITY_ERROR : SEVERITY_NOTE;
	if (is_unordered && !sides->tells_inline)
		return SEVERITY_ERROR;
	return nearest_side(sides) != KEPT_AWAY ? SEVERITY_WARNING : SEVERITY_NOTE;
}

/* --- how likely it is ------------------------------------------------------------------ */

/*
 * Of the time that passes from one section to the next, how much is within one? A fork comes, on
 * average, in the middle of the time without, so that the thread comes to the lock after half.
 * Negative: not known.
 */
static double share_of_time(const struct thread_sides *sides)
{
	double held, delay;

	if (!sides->helds || !sides->delays)
		return -1;
	held = sides->held_ns / (double)sides->helds;
	delay = sides->delays_ns / (double)sides->delays;
	return held > 0 ? held / (held + 2 * delay) : -1;
}

static void add_share(struct risk_part *risk, double share)
{
	if (share > 0)
		risk->share = 1 - (1 - risk->share) * (1 - share);
}

static uint64_t count_forks(const struct model *model, uint64_t line)
{
	const struct model_list *list = model_list(model, RECORD_FORK);
	uint64_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (fork_line_site(model, list->references[i]) == line)
			count += reader_count(model->reader, list->references[i]);
	return count;
}

static uint64_t count_held(const struct model *model, const struct section_lock *lock)
{
	const struct model_list *list = model_list(model, RECORD_HELD);
	uint64_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct record_held *held = model_held(model, list->references[i]);

		if (held->lock == lock->lock && held->kind == lock->kind &&
		    !(held->flags & (HELD_BY_FORKER | HELD_IN_SHARED_MEMORY)) &&
		    fork_line_site(model, held->fork) == lock->line)
			count += reader_count(model->reader, list->references[i]);
	}
	return count;
}

/* Held times are those of a run; what was held at its forks may say that it is worse. */
static void finish_risk(const struct model *model, struct section_lock *lock, uint64_t forks)
{
	double counted = forks ? (double)count_held(model, lock) / (double)forks : 0;

	lock->risk.forks = forks;
	if (counted > 1)
		counted = 1;
	lock->risk.is_counted = counted > lock->risk.share;
	if (lock->risk.is_counted)
		lock->risk.share = counted;
}

/* --- both ------------------------------------------------------------------------------ */

/* The first thread of those that are nearest stands for all. */
static void take_thread(struct section_lock *lock, const struct thread_sides *sides)
{
	enum severity severity = severity_of(sides);

	if (severity == SEVERITY_NOTE)
		return;
	add_share(&lock->risk, share_of_time(sides));
	if (severity <= lock->severity)
		return;
	lock->severity = severity;
	lock->taken = sides->taken;
	lock->section = sides->nearest->section;
	lock->is_perhaps = nearness_of(sides->nearest) == NEAR_PERHAPS || sides->tells_inline ||
			   (severity == SEVERITY_WARNING && sides->after == NEAR_PERHAPS);
	lock->is_early = sides->nearest->is_early;
	lock->fork = lock->section->fork;
	lock->is_before = sides->is_before;
	lock->is_after = sides->is_after;
}

/*
 * Threads that come, do one thing and go: one that had gone by the fork is no sign that another
 * would not have. Several from one line are.
 */
static bool is_another(const struct record_thread *thread, const struct record_thread *first)
{
	return first && thread->created_at == first->created_at &&
	       thread->created_python == first->created_python &&
	       thread->start_routine == first->start_routine;
}

/* Returns where the next lock begins. */
static size_t look_at_lock(const struct section_table *table, size_t first,
			   struct section_lock *lock)
{
	const struct section_entry *entries = table->entries, *begin = &entries[first];
	const struct record_thread *ended = NULL;
	size_t at = first;

	*lock = (struct section_lock){.lock = begin->section->lock,
				      .kind = begin->section->kind,
				      .image = begin->image,
				      .line = begin->line,
				      .severity = SEVERITY_NOTE};
	while (at < table->entry_count && !compare_group(&entries[at], begin)) {
		struct thread_sides sides = {.before = KEPT_AWAY};
		size_t thread = at;

		while (at < table->entry_count && !compare_group(&entries[at], begin) &&
		       !compare_thread(&entries[at], &entries[thread]))
			at++;
		for (size_t i = thread; i < at; i++)
			if (!is_known_better(table, thread, at, &entries[i]))
				look_at_section(table, &sides, &entries[i]);
		sides.comes_again = sides.is_ended && is_another(entries[thread].thread, ended);
		if (sides.is_ended && !ended)
			ended = entries[thread].thread;
		take_thread(lock, &sides);
	}
	return at;
}

static void find_locks(const struct section_table *table, struct section_locks *locks)
{
	const struct model *model = table->judgement->model;
	uint64_t line = 0, forks = 0;

	locks->list =
		arena_array(table->judgement->arena, table->entry_count + 1, sizeof(*locks->list));
	for (size_t at = 0; at < table->entry_count;) {
		struct section_lock *lock = &locks->list[locks->count];

		at = look_at_lock(table, at, lock);
		if (lock->severity == SEVERITY_NOTE)
			continue;
		if (lock->line != line)
			forks = count_forks(model, lock->line);
		line = lock->line;
		finish_risk(model, lock, forks);
		locks->count++;
	}
}

const struct section_locks *cut_sections_locks(struct judgement *judgement)
{
	struct section_table table = {.judgement = judgement};

	if (judgement->sections)
		return judgement->sections;
	judgement->sections = arena_zalloc(judgement->arena, sizeof(*judgement->sections));
	collect_sections(&table);
	if (!table.entry_count)
		return judgement->sections;
	mark_polled(&table);
	collect_takings(&table);
	find_locks(&table, judgement->sections);
	return judgement->sections;
}

static int compare_lock(const struct section_lock *lock, uint64_t line, uint32_t image,
			const struct record_held *held)
{
	int order = cut_sections_compare(lock->line, line);

	if (!order)
		order = cut_sections_compare(lock->image, image);
	if (!order)
		order = cut_sections_compare(lock->lock, held->lock);
	return order ? order : cut_sections_compare(lock->kind, held->kind);
}

bool cut_sections_have_error(struct judgement *judgement, const struct record_held *held)
{
	const struct section_locks *locks = cut_sections_locks(judgement);
	uint64_t line = fork_line_site(judgement->model, held->fork);
	uint32_t image = cut_sections_image_of(judgement->model, held->record.process);
	size_t low = 0, high = locks->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_lock(&locks->list[middle], line, image, held);

		if (!order)
			return locks->list[middle].severity == SEVERITY_ERROR;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* --- the thread ------------------------------------------------------------------------ */

static const char *sides_words(const struct section_lock *lock)
{
	if (lock->is_before && lock->is_after)
		return "before this fork and after it";
	return lock->is_before ? "before this fork" : "after this fork";
}

void cut_sections_holder(struct judgement *judgement, struct holder_part *part,
			 const struct section_lock *lock)
{
	const struct record_section *section = lock->section;
	uint32_t process = section->record.process;
	struct address_space *space = model_space(judgement->model, process);

	evidence_thread(judgement, part, process, model_thread(judgement->model, section->thread),
			-1);
	part->used = sides_words(lock);
	part->acquired_at = evidence_stack(judgement, process, section->stack);
	if (!part->acquired_at.count && section->site && space)
		part->acquired_at = symbolize_code(space, judgement->arena, section->site, true);
	part->acquired_at.python =
		python_evidence_at(judgement, process, section->python, section->stack);
	part->python_took = section->side == SECTION_AFTER;
	if (section->kind != LOCK_REGION)
		return;
	if (space)
		part->inside = unwind_called_function(space, judgement->arena, section->site);
	if (!part->inside)
		part->inside = "libc";
}
