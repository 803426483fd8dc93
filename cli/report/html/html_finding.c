/*
 * A finding in an HTML report: what to read first, its timeline, the graph of waits, its stacks,
 * and the rest of what is known.
 */
#include "html_parts.h"
#include "report/parts/finding_places.h"

#include <inttypes.h>

#define STACK_FRAMES_MAX 128

static void put_title(struct html *html, const struct finding *finding)
{
	fprintf(html->stream, "<h3><span class=\"title\">%s %s</span> %s",
		severity_name(finding->severity), html_text(html, finding->code, 16),
		html_text(html, finding->name, HTML_NAME_COLUMNS));
	fprintf(html->stream, " <span class=\"soft\">(%s)", certainty_name(finding->certainty));
	if (finding->count > 1)
		fprintf(html->stream, ", seen %" PRIu64 " times", finding->count);
	fputs("</span></h3>\n", html->stream);
}

static void put_places(struct html *html, const struct finding *finding)
{
	struct places places;

	places_fill(&html->arena, finding, html->root, &places);
	if (places.count == 0)
		return;
	fputs("<ul class=\"places\">\n", html->stream);
	for (size_t i = 0; i < places.count; i++)
		html_put(html, "li", places.list[i].line, HTML_TEXT_COLUMNS);
	fputs("</ul>\n", html->stream);
}

static void put_labelled(struct html *html, const char *label, const char *text)
{
	if (text != NULL)
		fprintf(html->stream, "<p><b>%s</b> %s</p>\n", label,
			html_text(html, text, HTML_TEXT_COLUMNS));
}

/* What the library says that is concerned, and where. */
static void put_library(struct html *html, const struct remedy_part *remedy)
{
	put_labelled(html, "This library:", remedy->library_cure);
	if (remedy->library_cure != NULL)
		put_labelled(html, "Source:", remedy->library_source);
}

static void put_cure(struct html *html, const struct finding *finding)
{
	put_labelled(html, "Cure:", finding->headline.cure);
	if (!finding->remedy.present)
		return;
	html_put(html, "pre", finding->remedy.line, HTML_TEXT_COLUMNS);
	put_labelled(html, "But:", finding->remedy.caveat);
	put_labelled(html, "Also:", finding->remedy.remark);
	put_library(html, &finding->remedy);
}

/* --- stacks ----------------------------------------------------------------------------------- */

static void put_frames(struct html *html, const struct frame *list, size_t count)
{
	fputs("<ol class=\"stack\" start=\"0\">\n", html->stream);
	for (size_t i = 0; i < count && i < STACK_FRAMES_MAX; i++) {
		const char *words = html_frame_words(html, &list[i]);

		html_put(html, "li", words != NULL ? words : "?", 2 * HTML_NAME_COLUMNS);
	}
	fputs("</ol>\n", html->stream);
	if (count > STACK_FRAMES_MAX)
		fprintf(html->stream, "<p class=\"soft\">and %zu more</p>\n",
			count - STACK_FRAMES_MAX);
}

static void put_stack(struct html *html, const char *what, const struct frames *frames)
{
	const struct python_frames *python = frames->python;

	if (frames->count > 0) {
		html_put(html, "h4", what, HTML_TEXT_COLUMNS);
		put_frames(html, frames->list, frames->count);
	}
	if (python != NULL && python->count > 0) {
		html_put(html, "h4", arena_printf(&html->arena, "%.256s, in Python", what),
			 HTML_TEXT_COLUMNS);
		put_frames(html, python->list, python->count);
	}
}

static void put_missing_stacks(struct html *html, const struct finding *finding)
{
	for (size_t i = 0; i < finding->missing_count; i++)
		put_stack(html,
			  arena_printf(&html->arena, "Where %zu missing threads of %.256s began",
				       finding->missing[i].count,
				       finding->missing[i].library ? finding->missing[i].library
								   : "a library"),
			  &finding->missing[i].created_at);
}

static void put_waiting_stacks(struct html *html, const struct finding *finding)
{
	for (size_t i = 0; i < finding->cycle_count; i++)
		put_stack(html, arena_printf(&html->arena, "Process %d", finding->cycle[i].pid),
			  &finding->cycle[i].stack);
	for (size_t i = 0; i < finding->blocked_count; i++) {
		put_stack(html, arena_printf(&html->arena, "Thread %d", finding->blocked[i].tid),
			  &finding->blocked[i].stack);
		put_stack(html, "Where it took what is waited for",
			  &finding->blocked[i].acquired_at);
	}
}

static void put_stacks(struct html *html, const struct finding *finding)
{
	fputs("<details>\n<summary>Stacks</summary>\n", html->stream);
	put_stack(html, "The fork", &finding->fork.stack);
	put_stack(html, "The child's own fork", &finding->last_fork.stack);
	put_stack(html, "The child", &finding->child.stack);
	put_stack(html, "Where the lock was taken", &finding->holder.acquired_at);
	put_stack(html, "Where its holder is now", &finding->holder.stands_at);
	put_stack(html, "Where its holder was created", &finding->holder.created_at);
	put_stack(html, "Where the lock was made", &finding->lock.initialised_at);
	put_stack(html, "The other process", &finding->parent.stack);
	put_stack(html, "Who gave it last", &finding->gave.stack);
	put_stack(html, "Who took it last", &finding->took.stack);
	put_stack(html, "Where the connection was made", &finding->shared.made_at);
	put_stack(html, "Who ended the other process", &finding->ending.stack);
	put_missing_stacks(html, finding);
	put_waiting_stacks(html, finding);
	fputs("</details>\n", html->stream);
}

/* --- the rest --------------------------------------------------------------------------------- */

static void put_prediction(struct html *html, const struct finding *finding)
{
	if (finding->locks == NULL)
		return;
	fputs("<details>\n<summary>Locks of this prediction</summary>\n<ul>\n", html->stream);
	for (const struct predicted_lock *lock = finding->locks; lock != NULL; lock = lock->next)
		fprintf(html->stream, "<li>%s %s, %s</li>\n", html_text(html, lock->kind, 64),
			html_text(html, lock->name ? lock->name : "without a name",
				  HTML_NAME_COLUMNS),
			severity_name(lock->severity));
	fputs("</ul>\n</details>\n", html->stream);
}

static void put_sightings(struct html *html, const struct finding *finding)
{
	if (finding->seen == NULL)
		return;
	fputs("<details>\n<summary>Session files that it was seen in</summary>\n<ul>\n",
	      html->stream);
	for (const struct sighting *seen = finding->seen; seen != NULL; seen = seen->next)
		fprintf(html->stream, "<li>%s: %" PRIu64 "</li>\n",
			html_text(html, seen->session, HTML_NAME_COLUMNS), seen->count);
	fputs("</ul>\n</details>\n", html->stream);
}

static void put_identity(struct html *html, const struct finding *finding)
{
	put_labelled(html, "Done:", finding->action);
	fprintf(html->stream,
		"<p class=\"soft\">suppress: <code>%s</code><br/>more: <code>forkcheck "
		"explain %s</code></p>\n",
		html_text(html, finding->suppression, HTML_TEXT_COLUMNS),
		html_text(html, finding->code, 16));
}

void html_put_finding(struct html *html, const struct finding *finding)
{
	fprintf(html->stream, "<article class=\"%s\" id=\"%s\">\n",
		severity_name(finding->severity),
		html_text(html, finding->fingerprint, HTML_NAME_COLUMNS));
	put_title(html, finding);
	html_put(html, "p", finding->message, HTML_TEXT_COLUMNS);
	put_places(html, finding);
	put_cure(html, finding);
	html_put_timeline(html, finding);
	html_put_graph(html, finding);
	put_labelled(html, "Why:", finding->why);
	put_labelled(html, "Further:", finding->headline.rest);
	if (finding->confirmation.present)
		put_labelled(html, "Further runs:", finding->confirmation.evidence);
	put_prediction(html, finding);
	put_stacks(html, finding);
	put_sightings(html, finding);
	put_identity(html, finding);
	fputs("</article>\n", html->stream);
}
