/*
 * FC009: bytes that stdio, or a file object of Python's, had not written yet at a
 * fork were written by the parent and by the child.
 */
#include "findings/cures/cures.h"
#include "findings/evidence/copied_state.h"
#include "findings/evidence/evidence.h"

static bool is_output(uint32_t kind)
{
	return kind == COPIED_OUTPUT;
}

/* Descriptors are numbered as they come: a number is no name. */
static const char *duplicated_output_stream_name(int descriptor)
{
	switch (descriptor) {
	case 1:
		return "stdout";
	case 2:
		return "stderr";
	default:
		return "stream";
	}
}

static bool is_python(const struct copied_pair *pair)
{
	return pair->child->flags & COPIED_PYTHON;
}

static const char *stream_words(struct judgement *judgement, const struct copied_pair *pair)
{
	int descriptor = pair->child->descriptor;
	const char *kind = is_python(pair) ? "Python's file" : "the stream";

	if (descriptor != 1 && descriptor != 2)
		return arena_printf(judgement->arena, "%s of descriptor %d", kind, descriptor);
	return is_python(pair) ? arena_printf(judgement->arena, "Python's buffer of %s",
					      duplicated_output_stream_name(descriptor))
			       : duplicated_output_stream_name(descriptor);
}

static void explain_stdio(struct finding *finding)
{
	finding->why = "stdio keeps output in memory until a buffer is full, a line ends on a "
		       "terminal, or somebody flushes it. fork() copies that memory, and each of "
		       "the two writes its copy.";
}

static void explain_python(struct finding *finding)
{
	finding->why = "a file object of Python keeps output in memory until a buffer is full, "
		       "a line ends on a terminal, or somebody flushes or closes it. os.fork() "
		       "copies that memory, and each of the two writes its copy.";
}

static void duplicated_output_report(struct judgement *judgement, const struct rule *rule,
				     const struct copied_pair *pair)
{
	struct finding *finding = judgement_add(judgement, rule);
	unsigned long long length = pair->child->length;
	int descriptor = pair->child->descriptor;

	finding->severity = SEVERITY_WARNING;
	finding->certainty = CERTAINTY_OBSERVED;
	copied_evidence(judgement, finding, pair);
	finding->copied.present = true;
	finding->copied.what = duplicated_output_stream_name(pair->child->descriptor);
	finding->copied.descriptor = pair->child->descriptor;
	finding->copied.bytes = length;
	finding->message = arena_printf(
		judgement->arena,
		"%llu byte%s that waited in %s at a fork %s written by parent and child.", length,
		length == 1 ? "" : "s", stream_words(judgement, pair),
		length == 1 ? "was" : "were");
	if (is_python(pair))
		explain_python(finding);
	else
		explain_stdio(finding);
	cure_finding(
		judgement, finding,
		&(struct cure_question){
			CURE_OUTPUT, .language = is_python(pair) ? LANGUAGE_PYTHON : LANGUAGE_C,
			.detail = descriptor == 1 || descriptor == 2 ? (uint32_t)descriptor : 0});
	evidence_identify(judgement, finding);
}

void judge_duplicated_output(struct judgement *judgement, const struct rule *rule)
{
	struct copied_pair *pairs;
	size_t count = copied_pairs(judgement, is_output, &pairs);

	for (size_t i = 0; i < count; i++)
		duplicated_output_report(judgement, rule, &pairs[i]);
}
