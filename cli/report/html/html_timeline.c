/*
 * The timeline of a finding: a lane for each thread, the lock that is held as a bar, the fork as
 * a line through them, and the child behind it with its wait. It is in order, and not to scale:
 * a hold of a microsecond and a wait for ever have no scale in common.
 */
#include "findings/finding_words.h"
#include "html_parts.h"

#include <inttypes.h>

#define LANE_HEIGHT   52
#define TOP           22 /* below the line that says what the fork is */
#define LEFT          3
#define RIGHT         (SVG_WIDTH - 3)
#define TAKEN_AT      36
#define FORK_AT       112
#define WAIT_AT       176
#define AFTER         22 /* of a hold that goes on in the parent */
#define BAR           14
#define NAME_COLUMNS  43
#define SMALL_COLUMNS 48
#define LANES_MAX     12

/* A row of the drawing, from top to bottom. */
struct lane {
	const char *name;
	int begin, end;    /* of its line; the rest of a lane that ends is dotted */
	bool goes_on;      /* in the parent, after the fork */
	const char *held;  /* what it holds, from before the fork on; NULL: nothing */
	const char *waits; /* what it does at the end; NULL: nothing is known */
	bool is_deed;      /* which is no wait */
	const char *time;  /* from the fork to that; NULL: unknown */
};

struct timeline {
	struct lane lanes[LANES_MAX];
	int count;
	uint64_t left_out;
};

static struct lane *add_lane(struct timeline *timeline, const char *name, int begin, int end)
{
	struct lane *lane;

	if (timeline->count == LANES_MAX) {
		timeline->left_out++;
		return NULL;
	}
	lane = &timeline->lanes[timeline->count++];
	*lane = (struct lane){.name = name, .begin = begin, .end = end};
	return lane;
}

/* "holds mutex log_mutex, for 1.2 ms" */
static const char *held_words(struct html *html, const struct finding *finding)
{
	bool is_sure = finding->certainty != CERTAINTY_PREDICTED && !finding->holder.used;
	const char *what = finding->lock.present    ? lock_words(&html->arena, &finding->lock)
			   : finding->holder.inside ? finding->holder.inside
						    : "a lock";
	const char *time = duration_words(&html->arena, finding->holder.held_ms);

	return arena_printf(&html->arena, "%s %s%s%s", is_sure ? "holds" : "may have",
			    bounded_name(&html->arena, what), time ? ", for " : "",
			    time ? time : "");
}

static void add_parent(struct html *html, struct timeline *timeline, const struct finding *finding,
		       const struct cast *cast)
{
	const struct fork_part *fork = &finding->fork;
	const char *name = fork->pid > 0 ? arena_printf(&html->arena, "%s, process %d",
							cast->forker, fork->pid)
					 : cast->forker;
	struct lane *lane = add_lane(timeline, name, LEFT, RIGHT);

	if (lane && finding->holder.present && finding->holder.is_forker)
		lane->held = held_words(html, finding);
	if (lane && finding_is_in_fork(finding))
		lane->waits = "fork() does not return";
}

static void add_holder(struct html *html, struct timeline *timeline, const struct finding *finding,
		       const struct cast *cast)
{
	struct lane *lane;

	if (!finding->holder.present || finding->holder.is_forker)
		return;
	lane = add_lane(timeline, holder_words(finding, cast), LEFT, FORK_AT);
	if (!lane)
		return;
	lane->goes_on = true;
	lane->held = held_words(html, finding);
}

static void add_missing(struct html *html, struct timeline *timeline,
			const struct missing_group *group)
{
	const char *library = group->library ? bounded_name(&html->arena, group->library) : NULL;
	const char *name = arena_printf(&html->arena, "%zu thread%s%s%s", group->count,
					group->count == 1 ? "" : "s", library ? " of " : "",
					library ? library : "");
	struct lane *lane = add_lane(timeline, name, LEFT, FORK_AT);

	if (lane)
		lane->goes_on = true;
}

/* "waits for ever in pthread_mutex_lock" */
static const char *child_words(struct html *html, const struct finding *finding)
{
	const struct child_part *child = &finding->child;
	const char *function = bounded_name(&html->arena, child->waiting_in);
	const char *waits = child->gave_up                           ? "waited"
			    : finding->certainty == CERTAINTY_PROVEN ? "waits for ever"
								     : "waits";

	if (child->deed)
		return child->deed;
	return function ? arena_printf(&html->arena, "%s in %s", waits, function) : waits;
}

static void add_child(struct html *html, struct timeline *timeline, const struct finding *finding)
{
	const struct child_part *child = &finding->child;
	int pid = child->present ? child->pid : finding->fork.child_pid;
	const char *name = pid > 0 ? arena_printf(&html->arena, "child %d", pid) : "the child";
	struct lane *lane;

	if (finding_is_in_fork(finding))
		return;
	lane = add_lane(timeline, name, FORK_AT, RIGHT);
	if (!lane)
		return;
	lane->is_deed = child->present && child->deed;
	lane->time = child->present ? duration_words(&html->arena, child->after_ms) : NULL;
	if (child->present)
		lane->waits = child_words(html, finding);
	else if (finding->certainty == CERTAINTY_PREDICTED)
		lane->waits = "would wait for ever";
}

static void put_hold(struct html *html, const struct lane *lane, int line)
{
	svg_bar(html, "held", TAKEN_AT, line - BAR / 2, FORK_AT - TAKEN_AT, BAR);
	if (lane->goes_on)
		svg_bar(html, "after", FORK_AT, line - BAR / 2, AFTER, BAR);
	svg_text(html, "small", "start", LEFT, line + BAR + 4, lane->held, SMALL_COLUMNS);
}

static void put_wait(struct html *html, const struct lane *lane, int line)
{
	svg_bar(html, lane->is_deed ? "does" : "waits", WAIT_AT, line - BAR / 2, RIGHT - WAIT_AT,
		BAR);
	svg_text(html, "small", "end", RIGHT, line + BAR + 4, lane->waits, SMALL_COLUMNS);
	if (lane->time)
		svg_text(html, "small", "middle", (FORK_AT + WAIT_AT) / 2, line - 4, lane->time,
			 10);
}

static void put_lane(struct html *html, const struct lane *lane, int y)
{
	int line = y + 24;

	svg_text(html, "name", "start", LEFT, y + 10, lane->name, NAME_COLUMNS);
	svg_line(html, "lane", lane->begin, line, lane->end, line);
	if (lane->goes_on)
		svg_line(html, "gone", FORK_AT, line, RIGHT, line);
	if (lane->held)
		put_hold(html, lane, line);
	if (lane->waits)
		put_wait(html, lane, line);
}

static void put_caption(struct html *html, const struct timeline *timeline)
{
	fputs("<figcaption>In the order in which it happened, not to scale. A dotted line is a "
	      "thread that the child does not have.",
	      html->stream);
	if (timeline->left_out > 0)
		fprintf(html->stream, " %" PRIu64 " more groups of threads are not drawn.",
			timeline->left_out);
	fputs("</figcaption>\n", html->stream);
}

static void put_timeline(struct html *html, const struct timeline *timeline,
			 const struct finding *finding)
{
	int height = TOP + timeline->count * LANE_HEIGHT;
	const struct fork_part *fork = &finding->fork;
	const char *function = fork->function ? bounded_name(&html->arena, fork->function) : "fork";
	const char *label =
		fork->serial ? arena_printf(&html->arena, "%s #%" PRIu64, function, fork->serial)
			     : function;

	fputs("<figure>\n", html->stream);
	svg_begin(html, height, "Timeline: threads, the lock held, the fork and the child");
	/* Names stand above it, with ground around them. */
	svg_line(html, "fork", FORK_AT, TOP - 6, FORK_AT, height - LANE_HEIGHT + 24);
	svg_text(html, "name", "middle", FORK_AT, 11, label, NAME_COLUMNS / 2);
	for (int i = 0; i < timeline->count; i++)
		put_lane(html, &timeline->lanes[i], TOP + i * LANE_HEIGHT);
	svg_end(html);
	put_caption(html, timeline);
	fputs("</figure>\n", html->stream);
}

void html_put_timeline(struct html *html, const struct finding *finding)
{
	struct timeline timeline = {.count = 0};
	struct cast cast;

	if (!finding->fork.present)
		return;
	cast = finding_cast(&html->arena, finding);
	add_parent(html, &timeline, finding, &cast);
	add_holder(html, &timeline, finding, &cast);
	/* The child's lane is the last, and always there. */
	for (size_t i = 0; i < finding->missing_count; i++) {
		if (timeline.count < LANES_MAX - 1)
			add_missing(html, &timeline, &finding->missing[i]);
		else
			timeline.left_out++;
	}
	add_child(html, &timeline, finding);
	put_timeline(html, &timeline, finding);
}
