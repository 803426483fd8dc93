/*
 * The same questions are asked as in a run, where what the shim saw is evidence beside. Without it
 * the answer is what /proc says, and no verdict.
 */
#include "awaited_ends.h"
#include "hangs/child/other_ends.h"
#include <stdio.h>

/* Of more the first ones tell enough. */
#define NAMED_MAX 4

static const char *const kinds[] = {[DESCRIPTOR_EVENTFD] = "eventfd",
				    [DESCRIPTOR_PIPE] = "pipe",
				    [DESCRIPTOR_SOCKET] = "socket"};

/* "for eventfd 3, pipe 5 and socket 7" */
static size_t name_them(const struct descriptor_wait *wait, char *text, size_t capacity)
{
	size_t filled = 0;

	for (size_t i = 0; i < wait->count && i < NAMED_MAX && filled < capacity; i++) {
		const char *before = i == 0 ? "for " : i + 1 == wait->count ? " and " : ", ";

		filled += (size_t)snprintf(text + filled, capacity - filled, "%s%s %d", before,
					   kinds[wait->list[i].kind], wait->list[i].number);
	}
	if (wait->count > NAMED_MAX && filled < capacity)
		filled += (size_t)snprintf(text + filled, capacity - filled, " and %zu more",
					   wait->count - NAMED_MAX);
	return filled < capacity ? filled : capacity;
}

static bool all_sleep(const struct process_look *look)
{
	for (size_t i = 0; i < look->count; i++)
		if (look->tasks[i].state != 'S')
			return false;
	return look->complete && !look->held;
}

static void say_who(struct model *model, const struct process_facts *facts, pid_t pid,
		    const struct process_look *look, const struct descriptor_wait *wait, char *text,
		    size_t capacity)
{
	struct arena arena;
	const char *who;

	arena_init(&arena);
	who = other_ends_find(model, &arena, facts, pid, look, wait);
	snprintf(text, capacity, "; %s",
		 who ? who : "every other process that has an end of it stands still for good");
	arena_release(&arena);
}

void awaited_ends_say(struct model *model, uint32_t serial, pid_t pid,
		      const struct process_look *look, char *text, size_t capacity)
{
	const struct process_facts *facts = model_facts(model, serial);
	struct descriptor_wait wait;
	size_t i = 0, filled;

	*text = '\0';
	while (i < look->count && !descriptor_wait_find(pid, &look->tasks[i], &wait))
		i++;
	if (i == look->count || !facts)
		return;
	filled = name_them(&wait, text, capacity);
	if (all_sleep(look))
		say_who(model, facts, pid, look, &wait, text + filled, capacity - filled);
}
