/*
 * This part of a text report is the threads that a child does not have: how many, whose, what
 * they are called and where they were created. All of them are in the JSON report; here there
 * is a limit.
 */
#include "base/same_text.h"
#include "origins/origin.h"
#include "shorten.h"
#include "text_parts.h"

#include <stdlib.h>
#include <string.h>

#define GROUPS_SHOWN 4
#define NAMES_SHOWN  12 /* of a group; a range is one */

/* "worker-7" as "worker-" and 7. */
struct numbered_name {
	size_t stem;   /* bytes before the number */
	size_t digits; /* of the number; 0: there is none that counts */
	unsigned long number;
};

static struct numbered_name split_name(const char *name)
{
	struct numbered_name split = {.stem = strlen(name)};

	while (split.stem > 0 && strchr("0123456789", name[split.stem - 1]) != NULL)
		split.stem--;
	split.digits = strlen(name + split.stem);
	if (split.digits > 9)
		split.digits = 0;
	if (split.digits > 0)
		split.number = strtoul(name + split.stem, NULL, 10);
	return split;
}

/* Are two names of one row? With leading zeroes all are equally long. */
static bool is_of_row(const char *name, const char *other)
{
	struct numbered_name one = split_name(name), two = split_name(other);

	return one.digits > 0 && two.digits > 0 && one.stem == two.stem &&
	       strncmp(name, other, one.stem) == 0 &&
	       (one.digits == two.digits || (name[one.stem] != '0' && other[two.stem] != '0'));
}

/* The name with that number in the row of `name`; NULL: there is none. */
static const char *find_in_row(const struct missing_group *group, const char *name,
			       unsigned long number)
{
	for (size_t i = 0; i < group->name_count; i++)
		if (is_of_row(name, group->names[i]) &&
		    split_name(group->names[i]).number == number)
			return group->names[i];
	return NULL;
}

/* The end of the run of numbers that `name` is in, upwards (step 1) or downwards. */
static const char *end_of_run(const struct missing_group *group, const char *name,
			      unsigned long step)
{
	const char *next = split_name(name).digits > 0 ? name : NULL;

	while (next != NULL) {
		name = next;
		next = find_in_row(group, name, split_name(name).number + step);
	}
	return name;
}

static bool is_in_run(const char *name, const char *first, const char *last)
{
	unsigned long number = split_name(name).number;

	return is_of_row(name, first) && number >= split_name(first).number &&
	       number <= split_name(last).number;
}

struct name_list {
	const char *words;
	size_t items, names; /* names that the items stand for */
	struct name_run {
		const char *first, *last;
	} runs[NAMES_SHOWN];
	size_t run_count;
};

static bool is_shown_in_run(const struct name_list *list, const char *name)
{
	for (size_t i = 0; i < list->run_count; i++)
		if (is_in_run(name, list->runs[i].first, list->runs[i].last))
			return true;
	return false;
}

static void text_missing_add_name(struct page *page, struct name_list *list,
				  const struct missing_group *group, const char *name)
{
	struct arena *arena = &page->arena;
	const char *first = end_of_run(group, name, (unsigned long)-1);
	const char *last = end_of_run(group, name, 1);
	size_t length = 1 + split_name(last).number - split_name(first).number;
	const char *comma = list->items > 0 ? ", " : "";

	list->items++;
	if (length < 3) {
		list->words = arena_printf(arena, "%s%s\"%s\"", list->words, comma,
					   page_name(page, name, NAME_COLUMNS));
		list->names++;
		return;
	}
	list->words = arena_printf(arena, "%s%s\"%s\" to \"%s\"", list->words, comma,
				   page_name(page, first, NAME_COLUMNS),
				   page_name(page, last, NAME_COLUMNS));
	list->runs[list->run_count++] = (struct name_run){first, last};
	list->names += length;
}

/* `"polars-0" to "polars-7", "signals"`; empty without names. */
static const char *missing_names(struct page *page, const struct missing_group *group)
{
	struct name_list list = {.words = ""};

	for (size_t i = 0; i < group->name_count && list.items < NAMES_SHOWN; i++)
		if (!is_shown_in_run(&list, group->names[i]))
			text_missing_add_name(page, &list, group, group->names[i]);
	if (list.names < group->name_count)
		list.words = arena_printf(&page->arena, "%s and %zu more", list.words,
					  group->name_count - list.names);
	return list.words;
}

static const char *library_label(struct page *page, const char *library)
{
	const char *name = page_name(page, library, NAME_COLUMNS);

	return name != NULL ? path_basename(name) : "an unknown library";
}

/* `libuv.so.1 ("worker")`, `polars-runtime-32 2.1.0 (_polars_runtime.abi3.so, "polars-0")` */
static const char *missing_owner(struct page *page, const struct missing_group *group)
{
	const char *library = library_label(page, group->library);
	const char *package = page_package(page, group->origin);
	const char *names = missing_names(page, group);

	if (package != NULL)
		return arena_printf(&page->arena, "%s (%s%s%s)", package, library,
				    *names != '\0' ? ", " : "", names);
	if (*names == '\0')
		return library;
	return arena_printf(&page->arena, "%s (%s)", library, names);
}

/* "created at" with the stack below; of another group than the first one its line is enough. */
static bool is_shown_in_full(const struct page *page, const struct finding *finding,
			     const struct missing_group *group)
{
	return group == finding->missing || page->full_stacks || group->place.frame == NULL;
}

/* What hangs in fork() still has them. */
static void put_group(struct page *page, const struct finding *finding,
		      const struct missing_group *group)
{
	bool is_full = is_shown_in_full(page, finding, group);
	bool has_them = finding_is_in_fork(finding);
	const char *heading = page_count(page, group->count, "thread", NULL);

	heading = arena_printf(&page->arena, "%s of %s", heading, missing_owner(page, group));
	if (has_them)
		heading = arena_printf(&page->arena, "%s that a child would lack", heading);
	if (stack_is_known(&group->created_at))
		heading = arena_printf(&page->arena, "%s, created at", heading);
	if (!is_full)
		heading = arena_printf(&page->arena, "%s %s", heading,
				       frame_words(page, group->place.frame, false));
	page_wrap(page, has_them ? "  threads: " : "  missing: ", 11, heading);
	if (stack_is_known(&group->stands_at) && group == finding->missing)
		put_section(page,
			    group->count == 1 ? "in the parent it is now"
					      : "in the parent the first of them is now",
			    " at:", &group->stands_at);
	if (is_full)
		put_frames_since(page, &group->created_at, &finding->fork.stack);
}

static void add_names(struct missing_group *to, const struct missing_group *from)
{
	for (size_t i = 0; i < from->name_count; i++) {
		size_t known = 0;

		while (known < to->name_count && !same_text(to->names[known], from->names[i]))
			known++;
		if (known == to->name_count)
			to->names[to->name_count++] = from->names[i];
	}
}

static size_t text_missing_count_names(const struct finding *finding)
{
	size_t count = 0;

	for (size_t i = 0; i < finding->missing_count; i++)
		count += finding->missing[i].name_count;
	return count;
}

static const char *package_name(const struct missing_group *group)
{
	return group->origin != NULL ? group->origin->package : NULL;
}

static bool has_same_owner(const struct missing_group *one, const struct missing_group *other)
{
	return same_text(one->library, other->library) &&
	       same_text(package_name(one), package_name(other));
}

/* All groups of one owner that are not shown, as one. */
static struct missing_group gather(struct page *page, const struct finding *finding,
				   const struct missing_group *like)
{
	struct missing_group all = {.library = like->library, .origin = like->origin};

	all.names =
		arena_array(&page->arena, text_missing_count_names(finding), sizeof(*all.names));
	for (size_t i = GROUPS_SHOWN; i < finding->missing_count; i++) {
		if (!has_same_owner(&finding->missing[i], like))
			continue;
		all.count += finding->missing[i].count;
		add_names(&all, &finding->missing[i]);
	}
	return all;
}

static bool is_first_of_owner(const struct finding *finding, size_t index)
{
	for (size_t i = GROUPS_SHOWN; i < index; i++)
		if (has_same_owner(&finding->missing[i], &finding->missing[index]))
			return false;
	return true;
}

/* "and 3 more threads of libgomp.so.1, 2 of libuv.so.1 ("worker")" */
static void put_other_groups(struct page *page, const struct finding *finding)
{
	const char *words = "           and", *comma = "";

	for (size_t i = GROUPS_SHOWN; i < finding->missing_count; i++) {
		struct missing_group all;

		if (!is_first_of_owner(finding, i))
			continue;
		all = gather(page, finding, &finding->missing[i]);
		words = arena_printf(&page->arena, "%s%s %zu%s of %s", words, comma, all.count,
				     *comma != '\0'   ? ""
				     : all.count == 1 ? " more thread"
						      : " more threads",
				     missing_owner(page, &all));
		comma = ",";
	}
	page_wrap(page, "", 11, words);
}

void put_missing(struct page *page, const struct finding *finding)
{
	for (size_t i = 0; i < finding->missing_count && i < GROUPS_SHOWN; i++)
		put_group(page, finding, &finding->missing[i]);
	if (finding->missing_count > GROUPS_SHOWN)
		put_other_groups(page, finding);
}
