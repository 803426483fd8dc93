/*
 * PYTHON records become frames with names here. Numbers and names in them are the target's:
 * bounded by the reader, escaped by renderers.
 */
#include "python_evidence.h"
#include <string.h>

static const char *describe_problem(struct judgement *judgement, const struct record_python *record)
{
	switch (record->status) {
	case PYTHON_READ:
		return NULL;
	case PYTHON_UNKNOWN_VERSION:
		return arena_printf(judgement->arena,
				    "how CPython %u.%u keeps its frames is not known",
				    record->version >> 24, record->version >> 16 & 0xff);
	case PYTHON_FREE_THREADED:
		return "a free-threaded CPython is not read";
	case PYTHON_UNREADABLE:
		return "the interpreter's memory could not be read";
	default:
		return "the interpreter's memory is not as expected";
	}
}

static struct frame name_frame(struct judgement *judgement, const struct python_frame *frame,
			       uint64_t sp)
{
	const struct record_python_code *code = model_python_code(judgement->model, frame->code);
	struct frame named = {.line = frame->line > 0 ? frame->line : 0};

	if (frame->depth && sp)
		named.sp = sp + frame->depth;
	if (!code)
		return named;
	named.file = arena_strndup(judgement->arena, code->text, code->file_length);
	named.function = arena_strndup(judgement->arena, code->text + code->file_length,
				       code->function_length);
	return named;
}

const struct python_frames *python_evidence(struct judgement *judgement, uint32_t process,
					    session_reference reference, uint64_t sp)
{
	const struct record_python *record = model_python(judgement->model, reference);
	struct address_space *space = model_space(judgement->model, process);
	struct python_frames *frames;
	const char *module;

	if (!record)
		return NULL;
	frames = arena_zalloc(judgement->arena, sizeof(*frames));
	frames->list = arena_array(judgement->arena, record->count, sizeof(*frames->list));
	for (uint32_t i = 0; i < record->count; i++)
		frames->list[i] = name_frame(judgement, &record->frames[i], sp);
	frames->count = record->count;
	frames->is_truncated = record->is_truncated;
	frames->problem = describe_problem(judgement, record);
	module = space ? space_module_path(space, record->runtime) : NULL;
	frames->module = module ? arena_strdup(judgement->arena, module) : NULL;
	return frames;
}

const struct python_frames *python_evidence_at(struct judgement *judgement, uint32_t process,
					       session_reference reference, session_reference stack)
{
	const struct record_stack *record = model_stack(judgement->model, stack);

	return python_evidence(judgement, process, reference, record ? record->registers.sp : 0);
}

const char *python_evidence_name(struct judgement *judgement, const struct record_thread *thread)
{
	size_t length = strnlen(thread->python_name, sizeof(thread->python_name));

	return length ? arena_strndup(judgement->arena, thread->python_name, length) : NULL;
}
