/*
 * A report is written as one JSON document here, schema "forkcheck-report/1". Keys are only
 * ever added. What does not apply is absent, what is unknown is null.
 */
#include "commands/options.h"
#include "findings/attached.h"
#include "findings/evidence/predicted_locks.h"
#include "formats.h"
#include "origins/origin.h"
#include "parts/json_document.h"
#include "parts/json_fork_safety.h"

#include <inttypes.h>
#include <math.h>

/* Takes the value over, also where it fails. */
static void set(struct document *document, json_t *object, const char *key, json_t *value)
{
	document_set(document, object, key, value);
}

static void json_append(struct document *document, json_t *array, json_t *value)
{
	document_append(document, array, value);
}

static json_t *text_value(struct document *document, const char *text)
{
	return document_text(document, text);
}

static json_t *count_value(uint64_t count)
{
	return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

/* Process and thread ids: what is not positive is not known. */
static json_t *id_value(int id)
{
	return id > 0 ? json_integer(id) : json_null();
}

static json_t *hex_value(struct document *document, uint64_t value)
{
	return json_string(arena_printf(&document->arena, "0x%" PRIx64, value));
}

/* To the microsecond: more digits would be noise. Negative: not known. */
static json_t *duration_value(double milliseconds)
{
	if (!isfinite(milliseconds) || milliseconds < 0)
		return json_null();
	if (milliseconds < 1e12)
		milliseconds = (double)(int64_t)(milliseconds * 1000 + 0.5) / 1000;
	return json_real(milliseconds);
}

/* "package" and "version", of what is one. */
static void set_package(struct document *document, json_t *object, const struct origin *origin)
{
	if (origin == NULL || origin->kind != ORIGIN_PACKAGE)
		return;
	set(document, object, "package", text_value(document, origin->package));
	set(document, object, "version", text_value(document, origin->version));
}

static void set_origin(struct document *document, json_t *object, const struct origin *origin)
{
	if (origin == NULL)
		return;
	set(document, object, "origin", json_string(origin_kind_name(origin->kind)));
	set_package(document, object, origin);
	if (origin->path != NULL)
		set(document, object, "path", text_value(document, origin->path));
	if (origin->file != NULL && origin->file->kind == ORIGIN_PACKAGE) {
		set(document, object, "module_package",
		    text_value(document, origin->file->package));
		set(document, object, "module_version",
		    text_value(document, origin->file->version));
	}
}

static json_t *frame_value(struct document *document, const struct frame *frame)
{
	json_t *object = json_object();
	bool placed = frame->module != NULL;

	set(document, object, "function", text_value(document, frame->function));
	set(document, object, "file", text_value(document, frame->file));
	set(document, object, "line", frame->line > 0 ? json_integer(frame->line) : json_null());
	set(document, object, "module", text_value(document, frame->module));
	set(document, object, "offset", placed ? hex_value(document, frame->offset) : json_null());
	set_origin(document, object, frame->origin);
	return object;
}

/* A Python frame has no module. */
static json_t *python_stack_value(struct document *document, const struct python_frames *frames)
{
	json_t *array;

	if (frames->count == 0)
		return json_null();
	array = json_array();
	for (size_t i = 0; i < frames->count; i++) {
		const struct frame *frame = &frames->list[i];
		json_t *object = json_object();

		set(document, object, "function", text_value(document, frame->function));
		set(document, object, "file", text_value(document, frame->file));
		set(document, object, "line",
		    frame->line > 0 ? json_integer(frame->line) : json_null());
		set_origin(document, object, frame->origin);
		json_append(document, array, object);
	}
	return array;
}

static json_t *stack_value(struct document *document, const struct frames *frames)
{
	json_t *array;

	if (frames->count == 0)
		return json_null();
	array = json_array();
	for (size_t i = 0; i < frames->count; i++)
		json_append(document, array, frame_value(document, &frames->list[i]));
	return array;
}

/* Where no Python ran the key is absent; where it cannot be read it is null. */
static void set_python(struct document *document, json_t *object, const char *key,
		       const struct frames *frames)
{
	const struct python_frames *python = frames->python;

	if (python == NULL)
		return;
	set(document, object, key, python_stack_value(document, python));
	if (python->problem != NULL)
		set(document, object, "python_problem", text_value(document, python->problem));
}

static json_t *thread_value(struct document *document, int tid, const char *name)
{
	json_t *object = json_object();

	set(document, object, "tid", id_value(tid));
	set(document, object, "name", text_value(document, name));
	return object;
}

static json_t *named_thread_value(struct document *document, const struct fork_part *fork)
{
	json_t *object = thread_value(document, fork->tid, fork->thread_name);

	if (fork->python_name != NULL)
		set(document, object, "python_name", text_value(document, fork->python_name));
	return object;
}

static json_t *fork_value(struct document *document, const struct fork_part *fork)
{
	json_t *object = json_object();

	set(document, object, "pid", id_value(fork->pid));
	set(document, object, "child_pid", id_value(fork->child_pid));
	set(document, object, "program", text_value(document, fork->program));
	set(document, object, "function", text_value(document, fork->function));
	set(document, object, "atfork_handlers", json_boolean(!fork->no_handlers));
	set(document, object, "thread", named_thread_value(document, fork));
	set(document, object, "stack", stack_value(document, &fork->stack));
	set_python(document, object, "python_stack", &fork->stack);
	return object;
}

static json_t *lock_value(struct document *document, const struct lock_part *lock)
{
	json_t *object = json_object();
	bool placed = lock->module != NULL, addressed = lock->address != 0;

	set(document, object, "kind", text_value(document, lock->kind));
	set(document, object, "name", text_value(document, lock->name));
	set(document, object, "alike", count_value(lock->alike));
	set(document, object, "address",
	    addressed ? hex_value(document, lock->address) : json_null());
	set(document, object, "attributes", text_value(document, lock->attributes));
	set(document, object, "module", text_value(document, lock->module));
	set(document, object, "offset", placed ? hex_value(document, lock->offset) : json_null());
	if (lock->place != NULL)
		set(document, object, "place", text_value(document, lock->place));
	if (lock->user != NULL)
		set(document, object, "used_by", text_value(document, lock->user));
	set(document, object, "initialised_at", stack_value(document, &lock->initialised_at));
	return object;
}

static json_t *creator_value(struct document *document, const struct holder_part *holder)
{
	if (holder->creator_tid <= 0 && holder->creator_name == NULL)
		return json_null();
	return thread_value(document, holder->creator_tid, holder->creator_name);
}

static json_t *holder_value(struct document *document, const struct holder_part *holder)
{
	json_t *object = json_object();

	set(document, object, "tid", id_value(holder->tid));
	set(document, object, "name", text_value(document, holder->name));
	if (holder->python_name != NULL)
		set(document, object, "python_name", text_value(document, holder->python_name));
	set(document, object, "start_routine", text_value(document, holder->start_routine));
	set(document, object, "library", text_value(document, holder->library));
	set(document, object, "created_by", creator_value(document, holder));
	set(document, object, "created_at", stack_value(document, &holder->created_at));
	set(document, object, "acquired_at", stack_value(document, &holder->acquired_at));
	set_python(document, object, "python_stack", &holder->acquired_at);
	set_python(document, object, "created_python_stack", &holder->created_at);
	if (holder->stands_at.count > 0) {
		set(document, object, "stands_at", stack_value(document, &holder->stands_at));
		set_python(document, object, "stands_python_stack", &holder->stands_at);
	}
	set(document, object, "held_ms", duration_value(holder->held_ms));
	set(document, object, "held_at_most", json_boolean(holder->held_at_most));
	set(document, object, "is_forker", json_boolean(holder->is_forker));
	set(document, object, "taken_by_handler", json_boolean(holder->taken_by_handler));
	if (holder->used != NULL)
		set(document, object, "used", text_value(document, holder->used));
	if (holder->in_window)
		set(document, object, "in_window", json_true());
	if (holder->inside != NULL)
		set(document, object, "inside", text_value(document, holder->inside));
	return object;
}

static json_t *child_value(struct document *document, const struct child_part *child)
{
	json_t *object = json_object();

	set(document, object, "pid", id_value(child->pid));
	set(document, object, "tid", id_value(child->tid));
	set(document, object, "waiting_in", text_value(document, child->waiting_in));
	set(document, object, "after_ms", duration_value(child->after_ms));
	set(document, object, "stack", stack_value(document, &child->stack));
	set_python(document, object, "python_stack", &child->stack);
	return object;
}

static json_t *parent_value(struct document *document, const struct parent_part *parent)
{
	json_t *object = json_object();

	set(document, object, "pid", id_value(parent->pid));
	set(document, object, "tid", id_value(parent->tid));
	if (parent->is_sibling)
		set(document, object, "is_sibling", json_true());
	set(document, object, "stack", stack_value(document, &parent->stack));
	set_python(document, object, "python_stack", &parent->stack);
	return object;
}

static json_t *ending_value(struct document *document, const struct ending_part *ending)
{
	json_t *object = json_object();

	set(document, object, "pid", id_value(ending->pid));
	set(document, object, "signal", text_value(document, ending->signal));
	set(document, object, "is_seen", json_boolean(ending->is_seen));
	set(document, object, "sender_pid", id_value(ending->sender_pid));
	set(document, object, "stack", stack_value(document, &ending->stack));
	set_python(document, object, "python_stack", &ending->stack);
	return object;
}

static json_t *copied_value(struct document *document, const struct copied_part *copied)
{
	json_t *object = json_object();

	set(document, object, "what", text_value(document, copied->what));
	if (copied->descriptor >= 0) {
		set(document, object, "descriptor", id_value(copied->descriptor));
		set(document, object, "bytes", count_value(copied->bytes));
	}
	return object;
}

static json_t *shared_value(struct document *document, const struct shared_part *shared)
{
	json_t *object = json_object();

	set(document, object, "what", text_value(document, shared->what));
	set(document, object, "descriptor", id_value(shared->descriptor));
	set(document, object, "peer", text_value(document, shared->peer));
	set(document, object, "made_at", stack_value(document, &shared->made_at));
	set_python(document, object, "python_made_at", &shared->made_at);
	return object;
}

static json_t *use_value(struct document *document, const struct use_part *use)
{
	json_t *object = json_object();

	set(document, object, "tid", id_value(use->tid));
	set(document, object, "name", text_value(document, use->thread_name));
	if (use->python_name != NULL)
		set(document, object, "python_name", text_value(document, use->python_name));
	set(document, object, "library", text_value(document, use->library));
	set(document, object, "is_forker", json_boolean(use->is_forker));
	if (use->in_child)
		set(document, object, "in_child", json_true());
	set(document, object, "how", text_value(document, use->verb));
	set(document, object, "stack", stack_value(document, &use->stack));
	return object;
}

static json_t *missing_value(struct document *document, const struct missing_group *group)
{
	json_t *object = json_object(), *names = json_array();

	for (size_t i = 0; i < group->name_count; i++)
		json_append(document, names, text_value(document, group->names[i]));
	set(document, object, "library", text_value(document, group->library));
	set_package(document, object, group->origin);
	set(document, object, "count", count_value(group->count));
	set(document, object, "names", names);
	set(document, object, "created_at", stack_value(document, &group->created_at));
	set_python(document, object, "python_stack", &group->created_at);
	if (group->stands_at.count > 0)
		set(document, object, "stands_at", stack_value(document, &group->stands_at));
	if (group->stands_at.python != NULL)
		set_python(document, object, "stands_python_stack", &group->stands_at);
	return object;
}

static json_t *missing_list(struct document *document, const struct finding *finding)
{
	json_t *array = json_array();

	for (size_t i = 0; i < finding->missing_count; i++)
		json_append(document, array, missing_value(document, &finding->missing[i]));
	return array;
}

static json_t *handler_value(struct document *document, const struct handler_part *handler)
{
	json_t *object = json_object();

	set(document, object, "function", text_value(document, handler->function));
	set(document, object, "library", text_value(document, handler->library));
	return object;
}

static json_t *cycle_list(struct document *document, const struct finding *finding)
{
	json_t *array = json_array();

	for (size_t i = 0; i < finding->cycle_count; i++) {
		const struct cycle_edge *edge = &finding->cycle[i];
		json_t *object = json_object();

		set(document, object, "pid", id_value(edge->pid));
		set(document, object, "waits_for", id_value(edge->waits_for));
		set(document, object, "via", text_value(document, edge->via));
		set(document, object, "tid", id_value(edge->tid));
		set(document, object, "waiting_in", text_value(document, edge->waiting_in));
		set(document, object, "stack", stack_value(document, &edge->stack));
		set_python(document, object, "python_stack", &edge->stack);
		json_append(document, array, object);
	}
	return array;
}

static json_t *blocked_list(struct document *document, const struct finding *finding)
{
	json_t *array = json_array();

	for (size_t i = 0; i < finding->blocked_count; i++) {
		const struct blocked_part *blocked = &finding->blocked[i];
		json_t *object = json_object();

		set(document, object, "tid", id_value(blocked->tid));
		set(document, object, "name", text_value(document, blocked->name));
		if (blocked->python_name != NULL)
			set(document, object, "python_name",
			    text_value(document, blocked->python_name));
		set(document, object, "waits_for", text_value(document, blocked->waits_for));
		set(document, object, "held_by", id_value(blocked->held_by));
		set(document, object, "held_by_handler", json_boolean(blocked->held_by_handler));
		set(document, object, "waiting_in", text_value(document, blocked->waiting_in));
		set(document, object, "stack", stack_value(document, &blocked->stack));
		set_python(document, object, "python_stack", &blocked->stack);
		set(document, object, "acquired_at", stack_value(document, &blocked->acquired_at));
		json_append(document, array, object);
	}
	return array;
}

/* An estimate; null where nothing was measured. */
static json_t *risk_value(struct document *document, const struct risk_part *risk)
{
	uint64_t one_in = predicted_risk_one_in(risk);
	json_t *object;

	if (one_in == 0)
		return json_null();
	object = json_object();
	set(document, object, "one_in", count_value(one_in));
	set(document, object, "basis",
	    json_string(risk->is_counted ? "locks held at forks" : "times held"));
	set(document, object, "forks", count_value(risk->forks));
	return object;
}

static json_t *lock_list(struct document *document, const struct finding *finding)
{
	json_t *array = json_array();

	for (const struct predicted_lock *lock = finding->locks; lock != NULL; lock = lock->next) {
		json_t *object = json_object();

		set(document, object, "kind", text_value(document, lock->kind));
		set(document, object, "name", text_value(document, lock->name));
		set(document, object, "address",
		    lock->address != 0 ? hex_value(document, lock->address) : json_null());
		if (lock->user != NULL)
			set(document, object, "used_by", text_value(document, lock->user));
		set(document, object, "alike", count_value(lock->alike));
		set(document, object, "severity", json_string(severity_name(lock->severity)));
		set(document, object, "order", text_value(document, lock->order));
		set(document, object, "risk", risk_value(document, &lock->risk));
		json_append(document, array, object);
	}
	return array;
}

static void set_prediction(struct document *document, json_t *object, const struct finding *finding)
{
	if (finding->locks == NULL)
		return;
	set(document, object, "package", text_value(document, finding->package));
	set(document, object, "locks", lock_list(document, finding));
	set(document, object, "risk", risk_value(document, &finding->risk));
}

static void set_parts(struct document *document, json_t *object, const struct finding *finding)
{
	if (finding->fork.present)
		set(document, object, "fork", fork_value(document, &finding->fork));
	if (finding->last_fork.present) {
		set(document, object, "last_fork", fork_value(document, &finding->last_fork));
		set(document, object, "forks_between", count_value(finding->forks_between));
	}
	if (finding->lock.present)
		set(document, object, "lock", lock_value(document, &finding->lock));
	if (finding->holder.present)
		set(document, object, "holder", holder_value(document, &finding->holder));
	if (finding->gave.present)
		set(document, object, "last_gave", use_value(document, &finding->gave));
	if (finding->took.present)
		set(document, object, "last_took", use_value(document, &finding->took));
	if (finding->copied.present)
		set(document, object, "copied", copied_value(document, &finding->copied));
	if (finding->shared.present)
		set(document, object, "shared", shared_value(document, &finding->shared));
	if (finding->parent.present)
		set(document, object, "parent", parent_value(document, &finding->parent));
	if (finding->ending.present)
		set(document, object, "ending", ending_value(document, &finding->ending));
	if (finding->child.present)
		set(document, object, "child", child_value(document, &finding->child));
	if (finding->handler.present)
		set(document, object, "handler", handler_value(document, &finding->handler));
	if (finding->missing_count > 0)
		set(document, object, "missing_threads", missing_list(document, finding));
	if (finding->cycle_count > 0)
		set(document, object, "cycle", cycle_list(document, finding));
	if (finding->blocked_count > 0)
		set(document, object, "blocked", blocked_list(document, finding));
	set_prediction(document, object, finding);
}

/* A place of the headline, as keys of `object`. */
static void set_frame(struct document *document, json_t *object, const struct frame *frame)
{
	set(document, object, "function", text_value(document, frame->function));
	set(document, object, "file", text_value(document, frame->file));
	set(document, object, "line", frame->line > 0 ? json_integer(frame->line) : json_null());
	if (frame->module != NULL)
		set(document, object, "module", text_value(document, frame->module));
	set_origin(document, object, frame->origin);
}

static json_t *headline_row_value(struct document *document, const struct headline_row *row)
{
	json_t *object = json_object(), *inside = json_object();

	set(document, object, "role", text_value(document, row->role));
	set(document, object, "before", text_value(document, row->before));
	set(document, object, "after", text_value(document, row->after));
	if (row->place.frame != NULL)
		set_frame(document, object, row->place.frame);
	if (row->place.inside != NULL) {
		set_frame(document, inside, row->place.inside);
		set(document, object, "inside", json_incref(inside));
	}
	json_decref(inside);
	return object;
}

static json_t *headline_value(struct document *document, const struct headline_part *headline)
{
	json_t *object = json_object(), *who = json_array();

	for (size_t i = 0; i < headline->who_count; i++)
		json_append(document, who, headline_row_value(document, &headline->who[i]));
	if (headline->waits.role != NULL)
		set(document, object, "waits", headline_row_value(document, &headline->waits));
	if (headline->forked.role != NULL)
		set(document, object, "forked", headline_row_value(document, &headline->forked));
	set(document, object, "who", who);
	set(document, object, "cure", text_value(document, headline->cure));
	return object;
}

static json_t *remedy_value(struct document *document, const struct remedy_part *remedy)
{
	json_t *object = json_object();

	set(document, object, "id", text_value(document, remedy->id));
	if (remedy->also != NULL)
		set(document, object, "also", text_value(document, remedy->also));
	set(document, object, "facility", text_value(document, remedy->facility));
	set(document, object, "cure", text_value(document, remedy->cure));
	set(document, object, "line", text_value(document, remedy->line));
	set(document, object, "caveat", text_value(document, remedy->caveat));
	if (remedy->remark != NULL)
		set(document, object, "remark", text_value(document, remedy->remark));
	if (remedy->library_cure != NULL) {
		set(document, object, "library_cure", text_value(document, remedy->library_cure));
		set(document, object, "library_source",
		    text_value(document, remedy->library_source));
	}
	return object;
}

static json_t *confirmation_value(struct document *document,
				  const struct confirmation_part *confirmation)
{
	json_t *object = json_object();

	set(document, object, "tries", count_value(confirmation->tries));
	set(document, object, "reached", count_value(confirmation->reached));
	set(document, object, "result", text_value(document, confirmation->result));
	set(document, object, "evidence", text_value(document, confirmation->evidence));
	return object;
}

/* The files of sessions that it was seen in, where several were merged. */
static json_t *sighting_list(struct document *document, const struct finding *finding)
{
	json_t *array = json_array();

	for (const struct sighting *seen = finding->seen; seen != NULL; seen = seen->next) {
		json_t *object = json_object();

		set(document, object, "session", text_value(document, seen->session));
		set(document, object, "count", count_value(seen->count));
		json_append(document, array, object);
	}
	return array;
}

static json_t *finding_value(struct document *document, const struct finding *finding)
{
	json_t *object = json_object();

	set(document, object, "code", text_value(document, finding->code));
	set(document, object, "name", text_value(document, finding->name));
	set(document, object, "severity", json_string(severity_name(finding->severity)));
	set(document, object, "certainty", json_string(certainty_name(finding->certainty)));
	set(document, object, "message", text_value(document, finding->message));
	set(document, object, "fingerprint", text_value(document, finding->fingerprint));
	set(document, object, "count", count_value(finding->count));
	if (finding->seen != NULL)
		set(document, object, "seen_in", sighting_list(document, finding));
	set(document, object, "headline", headline_value(document, &finding->headline));
	set_parts(document, object, finding);
	set(document, object, "why", text_value(document, finding->why));
	set(document, object, "advice", text_value(document, finding->advice));
	if (finding->start_method != NULL)
		set(document, object, "start_method", text_value(document, finding->start_method));
	if (finding->remedy.present)
		set(document, object, "remedy", remedy_value(document, &finding->remedy));
	set(document, object, "suppression", text_value(document, finding->suppression));
	if (finding->confirmation.present)
		set(document, object, "confirmation",
		    confirmation_value(document, &finding->confirmation));
	if (finding->action != NULL)
		set(document, object, "action", text_value(document, finding->action));
	return object;
}

static json_t *finding_list(struct document *document, const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->finding_count; i++)
		if (finding_counts(&report->findings[i]))
			json_append(document, array, finding_value(document, &report->findings[i]));
	return array;
}

static json_t *library_list(struct document *document, const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->library_count; i++) {
		const struct library *library = &report->libraries[i];
		json_t *object = json_object();

		set(document, object, "path", text_value(document, library->path));
		set_package(document, object, library->origin);
		set(document, object, "threads_created", count_value(library->threads_created));
		set(document, object, "locks_used", count_value(library->locks_used));
		set(document, object, "atfork_handlers", count_value(library->atfork_handlers));
		set(document, object, "errors", count_value(library->errors));
		set(document, object, "warnings", count_value(library->warnings));
		json_append(document, array, object);
	}
	return array;
}

static json_t *fork_site_list(struct document *document, const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->fork_site_count; i++) {
		const struct fork_site *site = &report->fork_sites[i];
		json_t *object = json_object();

		set(document, object, "program", text_value(document, site->program));
		set(document, object, "how", text_value(document, site->function));
		set(document, object, "count", count_value(site->count));
		if (site->frame != NULL)
			set_frame(document, object, site->frame);
		json_append(document, array, object);
	}
	return array;
}

/* The user's own words: only made valid, never cut. */
static json_t *command_list(struct document *document, const struct report *report)
{
	json_t *array = json_array();

	for (char *const *word = report->command; word != NULL && *word != NULL; word++)
		json_append(document, array, document_text_of(document, *word, SIZE_MAX / 16));
	return array;
}

static json_t *unobserved_list(struct document *document, const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->unobserved_count; i++) {
		const struct unobserved *unobserved = &report->unobserved[i];
		json_t *object = json_object();

		set(document, object, "pid", id_value(unobserved->pid));
		set(document, object, "path", text_value(document, unobserved->path));
		set(document, object, "reason", text_value(document, unobserved->reason));
		json_append(document, array, object);
	}
	return array;
}

static json_t *left_running_list(struct document *document, const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->left_running_count; i++) {
		const struct left_running *left = &report->left_running[i];
		json_t *object = json_object();

		set(document, object, "pid", id_value(left->pid));
		set(document, object, "path", text_value(document, left->path));
		json_append(document, array, object);
	}
	return array;
}

static json_t *sessions_value(struct document *document, const struct report *report)
{
	json_t *object = json_object(), *unread = json_array();

	for (size_t i = 0; i < report->unread_count; i++)
		json_append(document, unread, text_value(document, report->unread_sessions[i]));
	set(document, object, "files", count_value(report->session_count));
	set(document, object, "unreadable", unread);
	return object;
}

/* exit_status and signal are always there: exactly one of them is a number. */
static json_t *run_value(struct document *document, const struct report *report)
{
	json_t *object = json_object();
	bool signalled = report->exit_status < 0;

	set(document, object, "command", command_list(document, report));
	set(document, object, "exit_status",
	    signalled ? json_null() : json_integer(report->exit_status));
	set(document, object, "signal",
	    report->signal > 0 ? json_integer(report->signal) : json_null());
	set(document, object, "duration_ms", duration_value(report->duration_ms));
	set(document, object, "observed", json_boolean(report->observed));
	set(document, object, "unobserved", unobserved_list(document, report));
	set(document, object, "left_running", left_running_list(document, report));
	if (report->unobserved_more > 0)
		set(document, object, "unobserved_more", count_value(report->unobserved_more));
	if (report->session_count > 0)
		set(document, object, "sessions", sessions_value(document, report));
	if (report->confirm_runs > 0)
		set(document, object, "confirm_runs", count_value(report->confirm_runs));
	if (report->ended != NULL)
		set(document, object, "ended", text_value(document, report->ended));
	set(document, object, "complete", json_boolean(report->complete));
	if (!report->complete)
		set(document, object, "incomplete_reason",
		    text_value(document, report->incomplete_reason));
	return object;
}

static json_t *summary_value(struct document *document, const struct report *report)
{
	json_t *object = json_object();

	set(document, object, "errors", count_value(report_count(report, SEVERITY_ERROR)));
	set(document, object, "warnings", count_value(report_count(report, SEVERITY_WARNING)));
	set(document, object, "notes", count_value(report_count(report, SEVERITY_NOTE)));
	set(document, object, "suppressed", count_value(report_count_suppressed(report)));
	if (report->has_baseline)
		set(document, object, "known", count_value(report_count_known(report)));
	set(document, object, "forks", count_value(report->forks));
	set(document, object, "processes", count_value(report->processes));
	set(document, object, "threads", count_value(report->threads));
	set(document, object, "events_lost", count_value(report->events_lost));
	set(document, object, "sections_unjudged", count_value(report->sections_unjudged));
	return object;
}

static json_t *tool_value(struct document *document)
{
	json_t *object = json_object();

	set(document, object, "name", json_string("forkcheck"));
	set(document, object, "version", json_string(FORKCHECK_VERSION));
	return object;
}

static json_t *task_list(struct document *document, const struct attached *attached)
{
	json_t *array = json_array();

	for (size_t i = 0; i < attached->task_count; i++) {
		const struct attached_task *task = &attached->tasks[i];
		json_t *object = json_object();

		set(document, object, "tid", id_value(task->tid));
		set(document, object, "name", text_value(document, task->name));
		set(document, object, "call", text_value(document, task->call));
		set(document, object, "waiting_in", text_value(document, task->waiting_in));
		set(document, object, "partial", json_boolean(task->is_partial));
		set(document, object, "stack", stack_value(document, &task->stack));
		set_python(document, object, "python_stack", &task->stack);
		json_append(document, array, object);
	}
	return array;
}

static json_t *attached_parent(struct document *document, const struct attached *attached)
{
	json_t *object = json_object();

	set(document, object, "pid", id_value(attached->parent_pid));
	set(document, object, "forked_it", json_boolean(attached->is_copy));
	set(document, object, "has_ended", json_boolean(attached->has_lost_parent));
	set(document, object, "missing_threads", count_value(attached->missing_threads));
	return object;
}

/* Of forkcheck attach. */
static json_t *attached_list(struct document *document, const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->attached_count; i++) {
		const struct attached *attached = &report->attached[i];
		json_t *object = json_object();

		set(document, object, "pid", id_value(attached->pid));
		set(document, object, "program", text_value(document, attached->program));
		set(document, object, "asked", json_boolean(attached->was_asked));
		set(document, object, "state", text_value(document, attached->state));
		set(document, object, "verdict",
		    json_string(attached_verdict_name(attached->verdict)));
		set(document, object, "code", text_value(document, attached->code));
		set(document, object, "reason", text_value(document, attached->reason));
		set(document, object, "age_ms", duration_value(attached->age_ms));
		set(document, object, "parent", attached_parent(document, attached));
		set(document, object, "tasks", task_list(document, attached));
		json_append(document, array, object);
	}
	return array;
}

static json_t *report_value(struct document *document, const struct report *report)
{
	json_t *object = json_object();

	set(document, object, "schema", json_string("forkcheck-report/1"));
	set(document, object, "tool", tool_value(document));
	set(document, object, "run", run_value(document, report));
	set(document, object, "summary", summary_value(document, report));
	set(document, object, "findings", finding_list(document, report));
	set(document, object, "libraries", library_list(document, report));
	set(document, object, "fork_sites", fork_site_list(document, report));
	if (report->wants_safety)
		set(document, object, "fork_safety", json_fork_safety(document, report));
	if (report->attached_count > 0)
		set(document, object, "attached", attached_list(document, report));
	return object;
}

int render_json(FILE *stream, const struct report *report, const struct render_options *options)
{
	struct document document;

	(void)options;
	document_open(&document);
	return document_write(&document, report_value(&document, report), stream);
}
