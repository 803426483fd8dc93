/*
 * A headline is chosen from the parts of a finding: of each stack the innermost line that is the
 * user's own, for that is one that can be changed; and who else had a part in it.
 */
#include "headline.h"
#include "base/same_text.h"
#include "finding_words.h"
#include "headline_place.h"
#include "origins/origin.h"
#include "python_view.h"
#include <inttypes.h>
#include <string.h>

#define NAMES_SHOWN 2 /* of threads that are missing */

static struct headline_row *add_row(struct headline_part *headline, const char *role)
{
	struct headline_row *row = &headline->who[headline->who_count];

	if (headline->who_count == HEADLINE_WHO_MAX)
		return NULL;
	headline->who_count++;
	row->role = role;
	return row;
}

/* The fork that the child came by: what is further out, its stacks have as well. */
static const struct frames *child_fork(const struct finding *finding)
{
	return finding->last_fork.present ? &finding->last_fork.stack : &finding->fork.stack;
}

static const struct cycle_edge *edge_of_child(const struct finding *finding)
{
	for (size_t i = 0; i < finding->cycle_count; i++)
		if (finding->cycle[i].pid == finding->child.pid &&
		    finding->cycle[i].tid == finding->child.tid)
			return &finding->cycle[i];
	return NULL;
}

/* Of a cycle the first line tells of the process that the finding is about, or of another one
 * where that stands in the user's own source and the first does not. */
static const struct cycle_edge *edge_of_headline(struct arena *arena, const struct finding *finding)
{
	const struct cycle_edge *child = edge_of_child(finding), *edge;
	struct headline_place place;

	if (!child)
		return NULL;
	place = headline_place_since(arena, &child->stack, child_fork(finding));
	for (size_t i = 0; i < finding->cycle_count && !headline_place_is_own(&place); i++) {
		edge = &finding->cycle[i];
		place = headline_place_since(arena, &edge->stack, child_fork(finding));
		if (headline_place_is_own(&place))
			return edge;
	}
	return child;
}

static const char *edge_words(struct arena *arena, const struct cycle_edge *edge)
{
	const char *via = bounded_name(arena, edge->via);

	return via ? arena_printf(arena, "for %d, %s", edge->waits_for, via)
		   : arena_printf(arena, "for %d", edge->waits_for);
}

/* The call that it is in stands beside the place, or is the place. */
static bool place_shows(const struct headline_place *place, const char *function)
{
	return place->inside || (place->frame && same_text(place->frame->function, function));
}

/* An address says nothing beside a call that does, and is told further down. */
static const char *object_words(struct arena *arena, const struct lock_part *lock,
				const struct headline_place *place)
{
	if (place->inside && lock->kind && !lock->name && !lock->module)
		return arena_printf(arena, "for %s %s", *lock->kind == 'e' ? "an" : "a",
				    bounded_name(arena, lock->kind));
	return arena_printf(arena, "for %s", lock_words(arena, lock));
}

static const char *awaited_words(struct arena *arena, const struct finding *finding,
				 const struct headline_place *place)
{
	const char *function = finding->child.waiting_in;

	if (finding->lock.present)
		return object_words(arena, &finding->lock, place);
	if (!function || place_shows(place, function))
		return NULL;
	return arena_printf(arena, "in %s", bounded_name(arena, function));
}

static void fill_waits(struct arena *arena, struct finding *finding)
{
	struct headline_row *row = &finding->headline.waits;
	const struct child_part *child = &finding->child;
	const struct cycle_edge *edge = edge_of_headline(arena, finding);
	const struct frames *stack = edge ? &edge->stack : &child->stack;

	row->role = child->deed ? "child at" : child->gave_up ? "asked at" : "waits at";
	row->place = headline_place_since(arena, stack, child_fork(finding));
	if (edge)
		row->after = edge_words(arena, edge);
	else
		row->after = child->deed ? bounded_name(arena, child->deed)
					 : awaited_words(arena, finding, &row->place);
}

static void fill_forked(struct arena *arena, struct finding *finding, const struct cast *cast)
{
	struct headline_row *row = &finding->headline.forked;
	const struct fork_part *fork = &finding->fork;
	const char *function = fork->function ? bounded_name(arena, fork->function) : "fork";

	row->role = finding_is_in_fork(finding) ? "forks at" : "forked at";
	row->place = headline_place(arena, &fork->stack);
	if (fork->is_outside) {
		row->before = fork->pid > 0 ? arena_printf(arena, "process %d, by %s", fork->pid,
							   cast->forker)
					    : "a process that has ended";
		row->role = "forked by";
		return;
	}
	row->after = fork->serial ? arena_printf(arena, "%s #%" PRIu64 " by %s", function,
						 fork->serial, cast->forker)
				  : arena_printf(arena, "%s by %s", function, cast->forker);
}

/* The Python frames of most holders are those at the fork, its native ones those of the
 * acquisition: they are no one stack. */
static void place_holder(struct arena *arena, const struct holder_part *holder,
			 struct headline_row *row, const char *since)
{
	const struct python_frames *python = holder->acquired_at.python;
	struct frames stack = holder->acquired_at;
	bool is_python = python && python->count && !holder->python_took && !holder->inside;

	if (!stack.count && !is_python) {
		stack = holder->stands_at;
		since = ", which is in the parent now, at";
	}
	if (is_python)
		stack = python_without_interpreter(&stack, python->module);
	row->place = headline_place(arena, &stack);
	if (is_python && !headline_place_is_own(&row->place)) {
		stack = (struct frames){.complete = true, .python = python};
		row->place = headline_place(arena, &stack);
		since = "; at the fork it was in";
	}
	/* That it called a function that takes a lock goes without saying. */
	row->place.inside = NULL;
	if (row->place.frame)
		row->before = arena_printf(arena, "%s%s", row->before, since);
}

static void add_holder(struct arena *arena, struct finding *finding, const struct cast *cast)
{
	const struct holder_part *holder = &finding->holder;
	const char *held = duration_words(arena, holder->held_ms);
	struct headline_row *row =
		add_row(&finding->headline, holder->used ? "used by" : "held by");

	if (!row)
		return;
	if (!holder_is_known(holder)) {
		row->before = "a thread that is not known";
		return;
	}
	row->before = holder_words(finding, cast);
	if (holder->inside)
		row->before = arena_printf(arena, "%s, inside %s", row->before,
					   bounded_name(arena, holder->inside));
	if (held)
		row->before = arena_printf(arena, "%s for %s%s", row->before,
					   holder->held_at_most ? "at most " : "", held);
	place_holder(arena, holder, row,
		     holder->used || holder->in_window ? ", taken at" : ", since");
}

/* `"polars-0", "polars-1", ...`; empty without names. */
static const char *group_names(struct arena *arena, const struct missing_group *group)
{
	const char *words = "";

	for (size_t i = 0; i < group->name_count && i < NAMES_SHOWN; i++)
		words = arena_printf(arena, "%s%s\"%s\"", words, i ? ", " : "",
				     bounded_name(arena, group->names[i]));
	return group->name_count > NAMES_SHOWN ? arena_printf(arena, "%s, ...", words) : words;
}

/* "polars 2.1.0"; NULL: they are no package's, as far as is known. */
static const char *group_package(struct arena *arena, const struct missing_group *group)
{
	const struct origin *origin = group->origin;

	if (!origin || origin->kind != ORIGIN_PACKAGE || !origin->package)
		return NULL;
	if (!origin->version)
		return bounded_name(arena, origin->package);
	return arena_printf(arena, "%s %s", bounded_name(arena, origin->package),
			    bounded_name(arena, origin->version));
}

/* `libuv.so.1 ("worker")`, `polars 2.1.0 (_polars.abi3.so, "polars-0")` */
static const char *group_owner(struct arena *arena, const struct missing_group *group)
{
	const char *library =
		group->library ? bounded_name(arena, group->library) : "an unknown library";
	const char *package = group_package(arena, group), *names = group_names(arena, group);

	if (package)
		return arena_printf(arena, "%s (%s%s%s)", package, library, *names ? ", " : "",
				    names);
	return *names ? arena_printf(arena, "%s (%s)", library, names) : library;
}

/* `1 Python thread ("updater")`, `2 threads of libuv.so.1 ("worker")` */
static const char *group_words(struct arena *arena, const struct missing_group *group)
{
	const char *plural = group->count == 1 ? "" : "s", *names = group_names(arena, group);
	const char *package = group_package(arena, group);

	if (!group->is_python)
		return arena_printf(arena, "%zu thread%s of %s", group->count, plural,
				    group_owner(arena, group));
	if (*names)
		names = arena_printf(arena, " (%s)", names);
	if (package)
		return arena_printf(arena, "%zu Python thread%s of %s%s", group->count, plural,
				    package, names);
	return arena_printf(arena, "%zu Python thread%s%s", group->count, plural, names);
}

static size_t count_others(const struct finding *finding)
{
	size_t count = 0;

	for (size_t i = 1; i < finding->missing_count; i++)
		count += finding->missing[i].count;
	return count;
}

/* The first group is that which had a part in it, where one is known to. */
static void add_missing(struct arena *arena, struct finding *finding)
{
	const struct missing_group *group = finding->missing;
	size_t others = count_others(finding);
	struct headline_row *row =
		add_row(&finding->headline, finding_is_in_fork(finding) ? "threads" : "missing");

	if (!row)
		return;
	row->before = group_words(arena, group);
	row->place.frame = group->place.frame;
	if (row->place.frame) {
		row->before = arena_printf(arena, "%s, created at", row->before);
	} else if (group->stands_at.count || group->stands_at.python) {
		row->place = headline_place(arena, &group->stands_at);
		row->place.inside = NULL;
		if (row->place.frame)
			row->before = arena_printf(arena, "%s, now at", row->before);
	}
	if (others)
		row->after = arena_printf(arena, "and %zu more thread%s", others,
					  others == 1 ? "" : "s");
}

/* The processes that the one of the first line waits for, and so on. */
static void add_ring(struct arena *arena, struct finding *finding)
{
	const struct cycle_edge *told = edge_of_headline(arena, finding);

	for (size_t i = 0; i < finding->cycle_count; i++) {
		const struct cycle_edge *edge = &finding->cycle[i];
		struct headline_row *row = edge == told ? NULL : add_row(&finding->headline, "and");

		if (!row)
			continue;
		row->before = arena_printf(arena, "process %d waits", edge->pid);
		row->place = headline_place_since(arena, &edge->stack, child_fork(finding));
		row->place.inside = NULL;
		if (row->place.frame)
			row->before = arena_printf(arena, "%s at", row->before);
		row->after = edge_words(arena, edge);
	}
}

/* Who has what a fork() waits for; the last of them waits for nobody that is known. */
static void add_blocked(struct arena *arena, struct finding *finding)
{
	for (size_t i = 0; i < finding->blocked_count; i++) {
		const struct blocked_part *blocked = &finding->blocked[i];
		const char *name =
			bounded_name(arena, best_thread_name(blocked->python_name, blocked->name));
		struct headline_row *row = add_row(&finding->headline, "blocked by");

		if (!row)
			return;
		row->before = arena_printf(arena, "thread %d", blocked->tid);
		if (name && *name)
			row->before = arena_printf(arena, "%s \"%s\"", row->before, name);
		row->place = headline_place(arena, &blocked->stack);
		row->place.inside = NULL;
		if (row->place.frame)
			row->before = arena_printf(arena, "%s, at", row->before);
		if (blocked->waits_for)
			row->after = arena_printf(arena, "for %s",
						  bounded_name(arena, blocked->waits_for));
	}
}

static const char *parent_role(const struct parent_part *parent, bool has_place)
{
	if (parent->is_sibling)
		return has_place ? "and at" : "and";
	return has_place ? "parent at" : "parent";
}

/* Where what two processes use was made. */
static void add_shared(struct arena *arena, struct finding *finding)
{
	struct headline_place place = headline_place(arena, &finding->shared.made_at);
	struct headline_row *row = place.frame ? add_row(&finding->headline, "made at") : NULL;

	if (!row)
		return;
	row->place = place;
	row->after = bounded_name(arena, finding->shared.what);
}

static void add_parent(struct arena *arena, struct finding *finding)
{
	struct headline_place place = headline_place(arena, &finding->parent.stack);
	const char *deed = bounded_name(arena, finding->parent.deed);
	struct headline_row *row =
		add_row(&finding->headline, parent_role(&finding->parent, place.frame));

	if (!row)
		return;
	row->place = place;
	if (place.frame)
		row->after = deed;
	else
		row->before = deed;
}

/* What ended the process that had it, and who sent that. */
static void add_ending(struct arena *arena, struct finding *finding)
{
	const struct ending_part *ending = &finding->ending;
	struct headline_row *row = add_row(&finding->headline, "ended by");

	if (!row)
		return;
	row->place = headline_place(arena, &ending->stack);
	row->place.inside = NULL;
	row->before = bounded_name(arena, ending->signal);
	if (ending->sender_pid > 0)
		row->before = arena_printf(arena, "%s from process %d%s", row->before,
					   ending->sender_pid, row->place.frame ? ", at" : "");
}

static void add_handler(struct arena *arena, struct finding *finding)
{
	const struct handler_part *handler = &finding->handler;
	const char *function = bounded_name(arena, handler->function);
	const char *library = bounded_name(arena, handler->library);
	struct headline_row *row;

	/* Where it waits itself, the first line names it. */
	if ((!function && !library) ||
	    place_shows(&finding->headline.waits.place, handler->function))
		return;
	row = add_row(&finding->headline, "handler");
	if (row)
		row->before = !function  ? library
			      : !library ? function
					 : arena_printf(arena, "%s of %s", function, library);
}

static void fill_who(struct arena *arena, struct finding *finding, const struct cast *cast)
{
	struct headline_part *headline = &finding->headline;

	headline->who = arena_array(arena, HEADLINE_WHO_MAX, sizeof(*headline->who));
	if (finding->handler.present)
		add_handler(arena, finding);
	if (finding->parent.present)
		add_parent(arena, finding);
	if (finding->shared.present)
		add_shared(arena, finding);
	add_ring(arena, finding);
	add_blocked(arena, finding);
	if (finding->holder.present && !finding->blocked_count)
		add_holder(arena, finding, cast);
	if (finding->ending.present && finding->ending.signal)
		add_ending(arena, finding);
	if (finding->missing_count && !headline->who_count)
		add_missing(arena, finding);
}

/* Where the first sentence or its first part ends, outside of brackets. */
static const char *end_of_sentence(const char *text)
{
	size_t depth = 0;

	for (; *text; text++) {
		if (*text == '(')
			depth++;
		else if (*text == ')' && depth)
			depth--;
		else if (!depth && (*text == ';' || *text == '.') && (text[1] == ' ' || !text[1]))
			break;
	}
	return text;
}

/* A remedy is short. */
static void fill_cure(struct arena *arena, struct finding *finding)
{
	struct headline_part *headline = &finding->headline;
	const char *advice = finding->advice, *end;

	if (finding->remedy.present || !advice) {
		headline->cure = finding->remedy.cure;
		return;
	}
	end = end_of_sentence(advice);
	headline->cure = arena_strndup(arena, advice, (size_t)(end - advice));
	end += strspn(end, ";. ");
	headline->rest = *end ? end : NULL;
}

/* Who made them inside of a package or a library, that one's name says. */
static void place_missing(struct arena *arena, struct finding *finding)
{
	for (size_t i = 0; i < finding->missing_count; i++) {
		struct missing_group *group = &finding->missing[i];

		group->place.frame = headline_place(arena, &group->created_at).frame;
	}
}

void headline_fill(struct arena *arena, struct finding *finding)
{
	struct cast cast = finding_cast(arena, finding);

	place_missing(arena, finding);
	finding->headline = (struct headline_part){.who = NULL};
	if (finding->child.present)
		fill_waits(arena, finding);
	if (finding->fork.present)
		fill_forked(arena, finding, &cast);
	fill_who(arena, finding, &cast);
	fill_cure(arena, finding);
}
