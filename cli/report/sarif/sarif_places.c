/*
 * The places of a finding as SARIF has them: the one to show, those related to it, the way from
 * the lock over the fork to the child's wait, and the whole stacks.
 */
#include "base/escape.h"
#include "findings/finding_words.h"
#include "findings/headline_place.h"
#include "sarif_parts.h"

#include <limits.h>
#include <string.h>

/* An embedded link is "[text](target)": a name that looks so is none. */
static const char *without_links(struct arena *arena, const char *text)
{
	char *out = arena_zalloc(arena, strlen(text) * 2 + 1), *end = out;

	for (; *text != '\0'; text++) {
		*end++ = *text;
		if (text[0] == ']' && text[1] == '(')
			*end++ = ' ';
	}
	return out;
}

json_t *sarif_message(struct document *document, const char *text)
{
	const char *bounded =
		escape_utf8(&document->arena, text != NULL ? text : "", 3 * DOCUMENT_TEXT_BYTES);
	json_t *object = json_object();

	document_set(document, object, "text",
		     json_string(without_links(&document->arena, bounded)));
	return object;
}

json_t *sarif_file_uri(struct document *document, const char *path, bool is_folder)
{
	bool needs_slash = is_folder && path[strlen(path) - 1] != '/';

	return json_string(arena_printf(&document->arena, "file://%s%s",
					escape_uri(&document->arena, path),
					needs_slash ? "/" : ""));
}

static json_t *artifact_of(struct document *document, const struct source_path *path)
{
	json_t *artifact = json_object();

	if (*path->text == '/') {
		document_set(document, artifact, "uri",
			     sarif_file_uri(document, path->text, false));
		return artifact;
	}
	document_set(document, artifact, "uri",
		     json_string(escape_uri(&document->arena, path->text)));
	if (path->is_in_root)
		document_set(document, artifact, "uriBaseId", json_string(SARIF_ROOT));
	return artifact;
}

/* Where no source is known, the file that the code was linked into. */
static struct source_path path_to_show(struct document *document, const struct frame *frame,
				       const char *root)
{
	struct source_path path = source_path_of(&document->arena, frame, root);

	if (path.text == NULL && frame->module != NULL && *frame->module == '/' &&
	    strnlen(frame->module, PATH_MAX) < PATH_MAX)
		path.text = frame->module;
	return path;
}

static json_t *physical_location(struct document *document, const struct source_path *path,
				 const struct frame *frame)
{
	json_t *location = json_object();

	document_set(document, location, "artifactLocation", artifact_of(document, path));
	if (frame->file != NULL && frame->line > 0)
		document_set(document, location, "region",
			     json_pack("{s:i}", "startLine", frame->line));
	return location;
}

static json_t *logical_locations(struct document *document, const struct frame *frame)
{
	json_t *object = json_object(), *array = json_array();

	document_set(document, object, "fullyQualifiedName",
		     document_text(document, frame->function));
	document_set(document, object, "kind", json_string("function"));
	document_append(document, array, object);
	return array;
}

json_t *sarif_location(struct document *document, const struct frame *frame, const char *root,
		       const char *words)
{
	struct source_path path = path_to_show(document, frame, root);
	json_t *location = json_object();

	if (path.text != NULL && *path.text != '\0')
		document_set(document, location, "physicalLocation",
			     physical_location(document, &path, frame));
	if (frame->function != NULL)
		document_set(document, location, "logicalLocations",
			     logical_locations(document, frame));
	if (words != NULL)
		document_set(document, location, "message", sarif_message(document, words));
	return location;
}

/* --- related places --------------------------------------------------------------------------- */

static json_t *related_location(struct document *document, const struct place *place,
				const char *root, size_t number)
{
	static const struct frame nowhere;
	const struct frame *frame = place->frame != NULL ? place->frame : &nowhere;
	json_t *location = sarif_location(document, frame, root, place->words);

	document_set(document, location, "id", json_integer((json_int_t)number));
	return location;
}

static json_t *related_list(struct document *document, const struct places *places,
			    const char *root)
{
	json_t *array = json_array();

	for (size_t i = 0; i < places->count; i++)
		document_append(document, array,
				related_location(document, &places->list[i], root, i + 1));
	return array;
}

/* --- the way to the hang ---------------------------------------------------------------------- */

/* One thread's part in it, in the order in which it happened. */
static void add_step(struct document *document, json_t *flows, const char *who, json_t *location)
{
	json_t *flow = json_object(), *step = json_object(), *steps = json_array();
	size_t number = json_array_size(flows) + 1;

	document_set(document, step, "location", location);
	document_set(document, step, "executionOrder", json_integer((json_int_t)number));
	document_append(document, steps, step);
	document_set(document, flow, "id", json_string(who));
	document_set(document, flow, "locations", steps);
	document_append(document, flows, flow);
}

static void add_frame_step(struct document *document, json_t *flows, const char *who,
			   const struct headline_place *place, const char *words, const char *root)
{
	if (place->frame != NULL)
		add_step(document, flows, who, sarif_location(document, place->frame, root, words));
}

static json_t *thread_flows(struct document *document, const struct finding *finding,
			    const char *root)
{
	struct headline_place held = {0};
	json_t *flows = json_array();

	if (finding->holder.present)
		held = headline_place(&document->arena, &finding->holder.acquired_at);
	add_frame_step(document, flows, "holder", &held, "the lock is taken", root);
	add_frame_step(document, flows, "fork", &finding->headline.forked.place, "the fork", root);
	add_frame_step(document, flows, "child", &finding->headline.waits.place,
		       "what the child does", root);
	return flows;
}

/* One step alone is no way. */
static void set_flows(struct document *document, json_t *result, const struct finding *finding,
		      const char *root)
{
	json_t *flows = thread_flows(document, finding, root);

	if (json_array_size(flows) > 1)
		document_set(document, result, "codeFlows",
			     json_pack("[{s:O}]", "threadFlows", flows));
	json_decref(flows);
}

/* --- stacks ------------------------------------------------------------------------------------
 */

static json_t *frame_of_stack(struct document *document, const struct frame *frame,
			      const char *root)
{
	json_t *object = json_object();

	document_set(document, object, "location", sarif_location(document, frame, root, NULL));
	if (frame->module != NULL)
		document_set(document, object, "module", document_text(document, frame->module));
	return object;
}

static void add_stack(struct document *document, json_t *stacks, const char *what,
		      const struct frames *frames, const char *root)
{
	json_t *stack = json_object(), *list = json_array();

	for (size_t i = 0; i < frames->count; i++)
		document_append(document, list, frame_of_stack(document, &frames->list[i], root));
	for (size_t i = 0; frames->python != NULL && i < frames->python->count; i++)
		document_append(document, list,
				frame_of_stack(document, &frames->python->list[i], root));
	document_set(document, stack, "message", sarif_message(document, what));
	document_set(document, stack, "frames", list);
	if (json_array_size(list) > 0)
		document_append(document, stacks, json_incref(stack));
	json_decref(stack);
}

static void set_stacks(struct document *document, json_t *result, const struct finding *finding,
		       const char *root)
{
	json_t *stacks = json_array();

	add_stack(document, stacks, "the fork", &finding->fork.stack, root);
	add_stack(document, stacks, "where the lock was taken", &finding->holder.acquired_at, root);
	add_stack(document, stacks, "where its holder was created", &finding->holder.created_at,
		  root);
	add_stack(document, stacks, "what the child does", &finding->child.stack, root);
	add_stack(document, stacks, "what the other process does", &finding->parent.stack, root);
	if (json_array_size(stacks) > 0)
		document_set(document, result, "stacks", json_incref(stacks));
	json_decref(stacks);
}

void sarif_set_places(struct document *document, json_t *result, const struct finding *finding,
		      const char *root)
{
	struct places places;
	json_t *locations = json_array();

	places_fill(&document->arena, finding, root, &places);
	if (places.shown != NULL && places.shown->frame != NULL)
		document_append(
			document, locations,
			sarif_location(document, places.shown->frame, root, places.shown->words));
	document_set(document, result, "locations", locations);
	document_set(document, result, "relatedLocations", related_list(document, &places, root));
	set_flows(document, result, finding, root);
	set_stacks(document, result, finding, root);
}
