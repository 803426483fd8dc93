/*
 * The sections of a schedule are SECTION records that nothing keeps away from their fork, and
 * that a prediction is about; and some beyond, that may show what could not be predicted.
 */
#include "predicted_sections.h"
#include "base/same_text.h"
#include "shim/common/module_key.h"
#include <string.h>

/* The file that an address of a program's is in: the last one that begins before it. */
static const struct record_module *module_at(const struct model *model, uint32_t image,
					     uint64_t address)
{
	const struct model_list *list = model_list(model, RECORD_MODULE);
	const struct record_module *found = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct record_module *module = model_module(model, list->references[i]);

		if (module->image == image && module->bias <= address &&
		    (!found || module->bias > found->bias))
			found = module;
	}
	return found;
}

static uint64_t section_key_of(const struct record_module *module)
{
	return module_key(module->text, module->path_length, module->text + module->path_length,
			  module->build_id_length);
}

/* A lock of no file, on a heap or a stack, is somewhere else in the next run. */
static void place_lock(struct model *model, const struct process_facts *process, uint64_t lock,
		       struct session_section *section)
{
	struct address_space *space = model_space(model, process->serial);
	const struct record_module *module = module_at(model, process->image, lock);

	if (section->kind == LOCK_REGION)
		section->lock_offset = lock; /* its number */
	if (section->kind == LOCK_REGION || !space || !space_module_path(space, lock) || !module)
		return;
	section->lock_module = section_key_of(module);
	section->lock_offset = lock - module->bias;
}

static bool make_section(struct model *model, const struct record_section *record,
			 struct session_section *section)
{
	const struct process_facts *process = model_facts(model, record->record.process);
	const struct record_module *module =
		process ? module_at(model, process->image, record->site) : NULL;

	if (!module)
		return false;
	*section = (struct session_section){.module = section_key_of(module),
					    .offset = record->site - module->bias,
					    .kind = record->kind};
	place_lock(model, process, record->lock, section);
	return true;
}

static bool is_same_section(const struct session_section *one, const struct session_section *other)
{
	return one->module == other->module && one->offset == other->offset &&
	       one->lock_module == other->lock_module && one->lock_offset == other->lock_offset;
}

static void add_section(struct predicted_sections *sections, const struct session_section *section,
			const char *fingerprint)
{
	for (size_t i = 0; i < sections->count; i++)
		if (is_same_section(&sections->list[i], section) &&
		    same_text(sections->fingerprints[i], fingerprint))
			return;
	if (sections->count == SCHEDULE_SECTIONS)
		return;
	sections->fingerprints[sections->count] = fingerprint;
	sections->list[sections->count++] = *section;
}

static bool passes(const struct frames *frames, uint64_t site)
{
	for (size_t i = 0; i < frames->count; i++)
		if (frames->list[i].pc == site || frames->list[i].pc + 1 == site)
			return true;
	return false;
}

static bool predicted_sections_is_about(const struct finding *finding,
					const struct record_section *record)
{
	for (const struct predicted_lock *lock = finding->locks; lock; lock = lock->next)
		if (lock->address && lock->address == record->lock)
			return true;
	return finding->lock.address == record->lock ||
	       passes(&finding->holder.acquired_at, record->site);
}

static bool is_open_prediction(const struct finding *finding)
{
	return finding->certainty == CERTAINTY_PREDICTED && !finding->suppressed;
}

/* NULL: it is in none. */
static const struct finding *finding_of(const struct report *report,
					const struct record_section *record)
{
	for (size_t i = 0; i < report->finding_count; i++)
		if (is_open_prediction(&report->findings[i]) &&
		    predicted_sections_is_about(&report->findings[i], record))
			return &report->findings[i];
	return NULL;
}

static bool has_predictions(const struct report *report)
{
	for (size_t i = 0; i < report->finding_count; i++)
		if (is_open_prediction(&report->findings[i]))
			return true;
	return false;
}

static void add_all(struct model *model, const struct report *report,
		    struct predicted_sections *sections, bool of_findings)
{
	const struct model_list *list = model_list(model, RECORD_SECTION);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_section *record = model_section(model, list->references[i]);
		const struct finding *finding = finding_of(report, record);
		struct session_section section;

		if (record->order != SECTION_ORDERED && record->order != SECTION_GATED &&
		    (finding != NULL) == of_findings && make_section(model, record, &section))
			add_section(sections, &section, finding ? finding->fingerprint : NULL);
	}
}

void predicted_sections_find(struct model *model, struct arena *arena, const struct report *report,
			     struct predicted_sections *sections)
{
	*sections = (struct predicted_sections){0};
	if (!has_predictions(report))
		return;
	add_all(model, report, sections, true);
	/* A lock that is taken all the time, and that no prediction is about, would be met first
	 * at each fork. */
	if (!sections->count)
		add_all(model, report, sections, false);
	for (size_t i = 0; i < sections->count; i++)
		if (sections->fingerprints[i])
			sections->fingerprints[i] = arena_strdup(arena, sections->fingerprints[i]);
}

/* --- what was not predicted ---------------------------------------------------- */

static uint32_t predicted_sections_image_of(const struct model *model, uint32_t process)
{
	const struct process_facts *facts = model_facts(model, process);

	return facts ? facts->image : process;
}

/* A child takes the lock, and does not wait for it for ever. */
static bool is_tried(const struct model *model, const struct record_section *section)
{
	const struct model_list *list = model_list(model, RECORD_TAKEN);
	uint32_t image = predicted_sections_image_of(model, section->record.process);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_taken *taken = model_taken(model, list->references[i]);

		if (taken->flags & TAKEN_BOUNDED && taken->lock == section->lock &&
		    taken->kind == section->kind &&
		    predicted_sections_image_of(model, taken->record.process) == image)
			return true;
	}
	return false;
}

/* A gate that was had by a try may be missing at another fork. */
static void add_candidates(struct model *model, const struct report *report,
			   struct predicted_sections *candidates, bool are_tried)
{
	const struct model_list *list = model_list(model, RECORD_SECTION);

	for (size_t i = 0; i < list->count && candidates->count < SCHEDULE_SECTIONS; i++) {
		const struct record_section *record = model_section(model, list->references[i]);
		struct session_section section;

		if (record->order != SECTION_ORDERED && !finding_of(report, record) &&
		    is_tried(model, record) == are_tried && make_section(model, record, &section))
			add_section(candidates, &section, NULL);
	}
}

void predicted_sections_candidates(struct model *model, const struct report *report,
				   struct predicted_sections *candidates)
{
	*candidates = (struct predicted_sections){0};
	add_candidates(model, report, candidates, true);
	if (!has_predictions(report))
		add_candidates(model, report, candidates, false);
}

void predicted_sections_add(struct predicted_sections *to, const struct predicted_sections *from)
{
	for (size_t i = 0; i < from->count; i++)
		add_section(to, &from->list[i], from->fingerprints[i]);
}

uint64_t predicted_sections_reached(const struct predicted_sections *sections,
				    const struct session_schedule *schedule,
				    const char *fingerprint)
{
	size_t count = schedule->count < SCHEDULE_SECTIONS ? schedule->count : SCHEDULE_SECTIONS;
	uint64_t reached = 0;

	for (size_t i = 0; i < sections->count; i++)
		for (size_t k = 0; same_text(sections->fingerprints[i], fingerprint) && k < count;
		     k++)
			if (is_same_section(&sections->list[i], &schedule->sections[k]))
				reached += schedule->sections[k].reached;
	return reached;
}
