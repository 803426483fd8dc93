/*
 * The language of who forked is told by the frames of the fork, by the names of their files;
 * where the fork was not seen, by those of the child.
 */
#include "cure_language.h"
#include "base/library_names.h"
#include <string.h>

/* A frame of one of them says that the others' code is a library of that program. */
static const struct {
	enum cure_language language;
	const char *endings[6]; /* of a source file */
	const char *library;    /* a family (library_is): its runtime */
} signs[] = {
	{LANGUAGE_GO, {".go"}, NULL},
	{LANGUAGE_RUST, {".rs"}, NULL},
	{LANGUAGE_OTHER, {NULL}, "libjvm"},
	{LANGUAGE_OTHER, {NULL}, "*perl*"},
	{LANGUAGE_OTHER, {NULL}, "*ruby*"},
	{LANGUAGE_OTHER, {NULL}, "*node*"},
	{LANGUAGE_OTHER, {NULL}, "*php*"},
	{LANGUAGE_OTHER, {NULL}, "libR"},
	{LANGUAGE_CPP, {".cc", ".cpp", ".cxx", ".c++", ".C", ".hpp"}, "libstdc++"},
};

static bool ends_in(const char *file, const char *ending)
{
	size_t length = strlen(file), suffix = strlen(ending);

	return length > suffix && strcmp(file + length - suffix, ending) == 0;
}

static bool is_in_language(const struct frame *frame, size_t sign)
{
	if (library_is(frame->module, signs[sign].library ? signs[sign].library : ""))
		return true;
	for (size_t i = 0; i < 6 && signs[sign].endings[i]; i++)
		if (frame->file && ends_in(frame->file, signs[sign].endings[i]))
			return true;
	return false;
}

static enum cure_language of_stack(const struct frames *stack)
{
	for (size_t sign = 0; sign < sizeof(signs) / sizeof(signs[0]); sign++)
		for (size_t i = 0; i < stack->count; i++)
			if (is_in_language(&stack->list[i], sign))
				return signs[sign].language;
	return LANGUAGE_C;
}

static bool has_python(const struct frames *stack)
{
	return stack->python && stack->python->count;
}

enum cure_language cure_language_of(const struct finding *finding)
{
	const struct frames *child = &finding->child.stack, *fork = &finding->fork.stack;

	if (has_python(fork) || has_python(child) || has_python(&finding->holder.acquired_at))
		return LANGUAGE_PYTHON;
	return of_stack(fork->count ? fork : child);
}
