/*
 * The model indexes the records of a session, and gives them out by type and by reference.
 * Sizes are bounded by the log: one entry per cell and one per process.
 */
#include "model.h"
#include "base/array.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A hostile serial must not make us allocate for it. */
#define PROCESSES_MAX (4u << 20)

static void *must(void *memory)
{
	if (!memory) {
		fputs("forkcheck: out of memory while reading the session\n", stderr);
		exit(125);
	}
	return memory;
}

void model_init(struct model *model, struct reader *reader, const char *shim_path)
{
	size_t cells = reader->header.cells_count;

	memset(model, 0, sizeof(*model));
	arena_init(&model->arena);
	model->reader = reader;
	model->shim_path = shim_path;
	model->images = must(images_new());
	model->by_cell = must(calloc(cells + 1, sizeof(*model->by_cell)));
	model->types = must(calloc(cells + 1, sizeof(*model->types)));
	model->children = must(calloc(cells + 1, sizeof(*model->children)));
}

void model_release(struct model *model)
{
	for (size_t i = 0; i < model->space_capacity; i++)
		if (model->spaces[i])
			address_space_free(model->spaces[i]);
	images_free(model->images);
	for (size_t i = 0; i < RECORD_TYPES; i++)
		free(model->lists[i].references);
	free(model->spaces);
	free(model->processes);
	free(model->arrivals.serials);
	free(model->by_cell);
	free(model->types);
	free(model->children);
	pairs_free(&model->for_ever);
	pairs_free(&model->touched);
	free(model->buffer.record);
	arena_release(&model->arena);
	memset(model, 0, sizeof(*model));
}

static void model_append(struct model_list *list, session_reference reference)
{
	list->references = must(array_grow(list->references, list->count, &list->capacity,
					   sizeof(*list->references)));
	list->references[list->count++] = reference;
}

/* Grows a zeroed array so that `index` is in it. Fresh pages from calloc are not
 * touched: a hostile index costs address space only. */
static void *model_grow(void *array, size_t *capacity, size_t index, size_t size)
{
	size_t grown = *capacity ? *capacity : 64;
	void *larger;

	if (index < *capacity)
		return array;
	while (grown <= index)
		grown *= 2;
	larger = must(calloc(grown, size));
	if (array)
		memcpy(larger, array, *capacity * size);
	free(array);
	*capacity = grown;
	return larger;
}

static struct process_facts *process_entry(struct model *model, uint32_t serial)
{
	if (!serial || serial >= PROCESSES_MAX)
		return NULL;
	model->processes = model_grow(model->processes, &model->process_capacity, serial,
				      sizeof(*model->processes));
	if (!model->processes[serial])
		model->processes[serial] = arena_zalloc(&model->arena, sizeof(**model->processes));
	return model->processes[serial];
}

/* At the end of its fork's list: the first child is the example that is shown. */
static void link_child(struct model *model, struct process_facts *process)
{
	struct siblings *siblings;

	if (process->is_linked || !process->fork ||
	    process->fork >= model->reader->header.cells_count)
		return;
	siblings = &model->children[process->fork];
	if (siblings->last)
		model->processes[siblings->last]->next_sibling = process->serial;
	else
		siblings->first = process->serial;
	siblings->last = process->serial;
	process->is_linked = true;
}

static void note_arrival(struct arrivals *arrivals, uint32_t serial)
{
	arrivals->serials = model_grow(arrivals->serials, &arrivals->capacity, arrivals->count,
				       sizeof(*arrivals->serials));
	arrivals->serials[arrivals->count++] = serial;
}

static struct process_facts *know_process(struct model *model, uint32_t serial)
{
	struct process_facts *process = process_entry(model, serial);

	if (process && !process->serial) {
		note_arrival(&model->arrivals, serial);
		process->serial = serial;
	}
	return process;
}

/* A program that had nothing to say itself is named by its fork children. */
static void name_image(struct model *model, uint32_t image, const char *path)
{
	struct process_facts *process = process_entry(model, image);

	if (process && !process->path)
		process->path = path;
}

static void take_process(struct model *model, const struct record_process *record)
{
	struct process_facts *process = know_process(model, record->serial);

	if (!process)
		return;
	process->parent = record->parent;
	process->image = record->image;
	process->pid = record->pid;
	process->parent_pid = record->parent_pid;
	process->number = record->number ? record->number : record->pid;
	process->kind = record->kind;
	if (record->fork)
		process->fork = record->fork;
	process->birth_ns = record->birth_ns;
	if (!process->birth_number) {
		process->lost = record->lost;
		process->private_facts = record->private_facts;
	}
	/* What the CLI writes has no process for a writer. */
	process->is_outside = record->record.process == 0;
	if (record->path_length)
		process->path = arena_strndup(&model->arena, record->text, record->path_length);
	link_child(model, process);
	if (record->path_length)
		name_image(model, record->image, process->path);
}

static void note_pair(struct pairs *pairs, uint32_t process, uint64_t lock)
{
	if (!pairs_add(pairs, process, lock))
		must(NULL);
}

static void take_wait(struct model *model, const struct record_wait *wait)
{
	note_pair(wait->flags ? &model->touched : &model->for_ever, wait->record.process,
		  wait->lock);
}

static void take_touch(struct model *model, const struct record_touch *touch)
{
	note_pair(&model->touched, touch->record.process, touch->lock);
}

static void model_take_record(struct model *model)
{
	const struct record_buffer *buffer = &model->buffer;
	struct record *copy = arena_zalloc(&model->arena, buffer->size);

	memcpy(copy, buffer->record, buffer->size);
	model->by_cell[buffer->reference] = copy;
	model->types[buffer->reference] = (uint8_t)buffer->type;
	model_append(&model->lists[buffer->type], buffer->reference);
	if (buffer->type == RECORD_PROCESS)
		take_process(model, (const struct record_process *)copy);
	else if (buffer->type == RECORD_WAIT)
		take_wait(model, (const struct record_wait *)copy);
	else if (buffer->type == RECORD_TOUCH)
		take_touch(model, (const struct record_touch *)copy);
}

static void take_birth(struct model *model, const struct session_birth *birth)
{
	/* Kind 0: the fork failed. */
	struct process_facts *process = birth->kind ? know_process(model, birth->process) : NULL;

	if (!process)
		return;
	process->parent = birth->parent;
	process->image = birth->image;
	process->pid = birth->pid;
	process->number = birth->pid;
	process->kind = birth->kind;
	/* It may have mattered to the child alone, which wrote it itself. */
	if (birth->fork)
		process->fork = birth->fork;
	process->birth_ns = birth->time_ns;
	process->birth_number = birth->sequence;
	process->lost = birth->lost;
	process->state = birth->state;
	process->private_facts = birth->private_facts;
	link_child(model, process);
}

/*
 * What a child does with itself is noted in its birth, until another takes the
 * place in the ring. It is asked a last time half a ring before that.
 */
static void settle_births(struct model *model)
{
	uint64_t capacity = model->reader->header.births_count, half = capacity / 2;
	uint64_t next = model->reader->next_birth;
	struct session_birth birth;

	/* What another has taken the place of is not asked; a counter may say anything. */
	if (next > capacity && model->settled_birth < next - capacity)
		model->settled_birth = next - capacity;
	for (; model->settled_birth + half < next; model->settled_birth++) {
		struct process_facts *process;

		if (!reader_birth(model->reader, model->settled_birth, &birth))
			continue;
		process = process_entry(model, birth.process);
		if (process && process->birth_number == model->settled_birth + 1)
			process->state = birth.state;
	}
}

bool model_update(struct model *model)
{
	struct session_birth birth;
	bool any = false;

	for (; reader_next_birth(model->reader, &birth); any = true)
		take_birth(model, &birth);
	settle_births(model);
	for (; reader_next(model->reader, &model->buffer); any = true)
		model_take_record(model);
	return any;
}

static const void *model_record_of(const struct model *model, session_reference reference,
				   enum record_type type)
{
	if (!reference || reference >= model->reader->header.cells_count)
		return NULL;
	return model->types[reference] == type ? model->by_cell[reference] : NULL;
}

#define DEFINE_RECORD(type, name, ...)                                                             \
	const struct record_##name *model_##name(const struct model *model,                        \
						 session_reference reference)                      \
	{                                                                                          \
		return model_record_of(model, reference, RECORD_##type);                           \
	}
RECORD_LIST(DEFINE_RECORD)

/* The reader has seen that all of it lies in the record. */
void model_add_stack(struct captured_memory *memory, const struct record_stack *stack)
{
	const uint8_t *behind = stack->bytes + stack->length;
	struct other_stack other;

	captured_memory_add(memory, stack->address, stack->bytes, stack->length);
	if (!(stack->flags & STACK_CONTINUED))
		return;
	memcpy(&other, behind, sizeof(other));
	captured_memory_add(memory, other.address, behind + sizeof(other), other.length);
}

bool model_is_unseen(const struct record_thread *thread)
{
	return thread->flags & THREAD_UNSEEN ||
	       (!(thread->flags & THREAD_MAIN) && !thread->created_at && !thread->start_routine);
}

const struct record_thread *model_unseen(const struct model *model,
					 const struct record_thread *thread)
{
	const struct model_list *list = model_list(model, RECORD_THREAD);

	if (!model_is_unseen(thread) || (thread->name[0] && thread->start_routine))
		return thread;
	for (size_t i = list->count; i-- > 0;) {
		const struct record_thread *other = model_thread(model, list->references[i]);

		if (other->flags & THREAD_UNSEEN && other->name[0] &&
		    other->born_in == thread->born_in && other->tid == thread->tid)
			return other;
	}
	return thread;
}

/* About the process itself, and not about others that it waits for. */
static bool is_of_one(const struct record_hang *hang)
{
	return hang->kind != HANG_RING && hang->kind != HANG_DEAD_OWNER &&
	       hang->kind != HANG_DEAD_TAKER;
}

const struct record_hang *model_last_hang(const struct model *model, size_t index)
{
	const struct model_list *hangs = model_list(model, RECORD_HANG);
	const struct record_hang *hang = model_hang(model, hangs->references[index]);

	if (hang->kind == HANG_OVER)
		return NULL;
	for (size_t i = index + 1; is_of_one(hang) && i < hangs->count; i++) {
		const struct record_hang *later = model_hang(model, hangs->references[i]);

		if (later->serial == hang->serial && is_of_one(later))
			return NULL;
	}
	return hang;
}

const struct model_list *model_list(const struct model *model, enum record_type type)
{
	return &model->lists[type];
}

const struct process_facts *model_facts(const struct model *model, uint32_t serial)
{
	const struct process_facts *process =
		serial < model->process_capacity ? model->processes[serial] : NULL;

	return process && process->serial ? process : NULL;
}

uint32_t model_first_child(const struct model *model, session_reference fork)
{
	return fork < model->reader->header.cells_count ? model->children[fork].first : 0;
}

bool model_waited_for_ever(const struct model *model, uint32_t process, uint64_t lock)
{
	return pairs_have(&model->for_ever, process, lock);
}

bool model_touched(const struct model *model, uint32_t process, uint64_t lock)
{
	return pairs_have(&model->touched, process, lock);
}

static const enum record_type restricted[] = {RECORD_WAIT,     RECORD_TOUCH,   RECORD_HANG,
					      RECORD_LOST_USE, RECORD_SECTION, RECORD_CRASH};
#define RESTRICTED (sizeof(restricted) / sizeof(*restricted))

/* Who a record of a restricted list is about. What a fork might have come to is about nobody. */
static uint32_t subject_of(const struct model *model, enum record_type type,
			   session_reference reference)
{
	const struct record *record = model->by_cell[reference];

	if (type == RECORD_SECTION)
		return 0;
	return type == RECORD_HANG ? ((const struct record_hang *)record)->serial : record->process;
}

void model_restrict(struct model *model, struct model_view *view, uint32_t process)
{
	for (size_t i = 0; i < RESTRICTED; i++) {
		enum record_type type = restricted[i];
		struct model_list all = model->lists[type];

		view->lists[type] = all;
		model->lists[type] = (struct model_list){0};
		for (size_t k = 0; k < all.count; k++)
			if (subject_of(model, type, all.references[k]) == process)
				model_append(&model->lists[type], all.references[k]);
	}
}

void model_give_back(struct model *model, struct model_view *view)
{
	for (size_t i = 0; i < RESTRICTED; i++) {
		free(model->lists[restricted[i]].references);
		model->lists[restricted[i]] = view->lists[restricted[i]];
	}
}

const char *model_program(const struct model *model, uint32_t serial)
{
	const struct process_facts *process = model_facts(model, serial);
	const struct process_facts *image;

	if (!process)
		return NULL;
	if (process->path)
		return process->path;
	image = model_facts(model, process->image);
	return image ? image->path : NULL;
}

uint32_t model_state(const struct model *model, const struct process_facts *process)
{
	struct session_birth birth;

	if (process->birth_number &&
	    reader_birth(model->reader, process->birth_number - 1, &birth) &&
	    birth.process == process->serial)
		return birth.state;
	return process->state;
}

static void model_add_module(struct model *model, struct address_space *space,
			     const struct record_module *module)
{
	const char *path = module->path_length
				   ? arena_strndup(&model->arena, module->text, module->path_length)
				   : model_program(model, module->image);

	if (path)
		address_space_add(space, path, module->bias,
				  (const uint8_t *)module->text + module->path_length,
				  module->build_id_length);
}

void model_set_root(struct model *model, uint32_t image, const struct file_root *root)
{
	if (!model_facts(model, image))
		return;
	model->processes[image]->root.path = arena_strdup(&model->arena, root->path);
	model->processes[image]->root.name = arena_strdup(&model->arena, root->name);
}

static struct address_space *build_space(struct model *model, uint32_t image)
{
	const struct model_list *modules = model_list(model, RECORD_MODULE);
	const struct process_facts *facts = model_facts(model, image);
	struct address_space *space = address_space_new(model->shim_path, model->images);

	if (space && facts && facts->root.path)
		address_space_set_root(space, &facts->root);
	for (size_t i = 0; space && i < modules->count; i++) {
		const struct record_module *module =
			model_record_of(model, modules->references[i], RECORD_MODULE);

		if (module && module->image == image)
			model_add_module(model, space, module);
	}
	return space;
}

/* A module that came after the spaces were built makes them stale. */
static void drop_stale_spaces(struct model *model)
{
	size_t known = model_list(model, RECORD_MODULE)->count;

	if (known == model->module_count_at_spaces)
		return;
	for (size_t i = 0; i < model->space_capacity; i++) {
		if (model->spaces[i])
			address_space_free(model->spaces[i]);
		model->spaces[i] = NULL;
	}
	model->module_count_at_spaces = known;
}

struct address_space *model_space(struct model *model, uint32_t serial)
{
	const struct process_facts *process = model_facts(model, serial);
	uint32_t image = process ? process->image : serial;

	if (!image || image >= PROCESSES_MAX)
		return NULL;
	drop_stale_spaces(model);
	model->spaces =
		model_grow(model->spaces, &model->space_capacity, image, sizeof(*model->spaces));
	if (!model->spaces[image])
		model->spaces[image] = build_space(model, image);
	return model->spaces[image];
}
