/*
 * The CLI's table of locks: what people call each kind, and what the bytes of a lock say. It is
 * made of the rows of shim/common/lock_list.h. Copies are read, never a lock.
 */
#include "lock_kinds.h"
#include <string.h>

LOCK_LIST(LOCK_FAMILY, LOCK_NOTHING, LOCK_NOTHING)

/* A record's bytes begin anywhere, and may be fewer than a lock has. */
struct lock_copy {
	_Alignas(max_align_t) uint8_t bytes[SESSION_LOCK_STATE_MAX];
};

static bool copy_lock(struct lock_copy *copy, const struct lock_family *family,
		      const uint8_t *state, size_t length)
{
	if (length < family->size)
		return false;
	memcpy(copy->bytes, state, family->size);
	return true;
}

static const char *join_words(struct arena *arena, const struct lock_family *family,
			      lock_attributes *attributes, const uint8_t *state, size_t length)
{
	const char *words[LOCK_WORDS], *text = NULL;
	struct lock_copy copy;
	size_t count;

	if (!attributes || !copy_lock(&copy, family, state, length))
		return NULL;
	count = attributes(copy.bytes, words);
	for (size_t i = 0; i < count; i++)
		text = text ? arena_printf(arena, "%s, %s", text, words[i]) : words[i];
	return text;
}

#define ATTRIBUTES(of, word, bytes, attributes, ...)                                               \
	static const char *attributes_of_##of(struct arena *arena, const uint8_t *state,           \
					      size_t length)                                       \
	{                                                                                          \
		return join_words(arena, &family_##of, attributes, state, length);                 \
	}
LOCK_LIST(ATTRIBUTES, LOCK_NOTHING, LOCK_NOTHING)

static const char *no_attributes(struct arena *arena, const uint8_t *state, size_t length)
{
	(void)arena;
	(void)state;
	(void)length;
	return NULL;
}

#define HELD(of, word, bytes, its_attributes, ...)                                                 \
	[LOCK_##of] = {                                                                            \
		.name = (word),                                                                    \
		.family = &family_##of,                                                            \
		.attributes = attributes_of_##of,                                                  \
		.functions = {__VA_ARGS__},                                                        \
	},
#define OBJECT(of, word, type, what_gave, what_took, is_given_later)                               \
	[LOCK_##of] = {                                                                            \
		.name = (word),                                                                    \
		.attributes = no_attributes,                                                       \
		.size = sizeof(type),                                                              \
		.gave = (what_gave),                                                               \
		.took = (what_took),                                                               \
		.is_taken_to_be_given = (is_given_later),                                          \
	},
#define OTHER(of, word) [LOCK_##of] = {.name = (word), .attributes = no_attributes},

static const struct lock_kind_facts kinds[LOCK_KINDS] = {
	[LOCK_NONE] = {.name = "lock", .attributes = no_attributes},
	LOCK_LIST(HELD, OBJECT, OTHER)};

const struct lock_kind_facts *lock_kind_facts(uint32_t kind)
{
	return kind < LOCK_KINDS ? &kinds[kind] : &kinds[LOCK_NONE];
}

const char *lock_who_waits(uint32_t kind, const uint8_t *state, size_t length)
{
	const struct lock_family *family = lock_kind_facts(kind)->family;
	struct lock_copy copy;

	if (!family || !family->names_writers || !copy_lock(&copy, family, state, length))
		return "asks for it";
	return family->owner(copy.bytes) ? "asks for it" : "wants to write under it";
}

bool lock_is_descriptor(uint32_t kind)
{
	return kind == LOCK_EVENTFD || kind == LOCK_PIPE || kind == LOCK_SOCKET;
}

bool lock_crosses_fork(uint32_t kind, const uint8_t *state, size_t length)
{
	const struct lock_family *family = lock_kind_facts(kind)->family;
	struct lock_copy copy;

	return family && copy_lock(&copy, family, state, length) &&
	       family->crosses_fork(copy.bytes);
}

const char *lock_function(uint32_t kind, uint32_t operation)
{
	return operation < OPERATIONS ? lock_kind_facts(kind)->functions[operation] : NULL;
}

static bool is_function(uint32_t kind, enum lock_operation operation, const char *name)
{
	const char *function = lock_function(kind, operation);

	return function && strcmp(function, name) == 0;
}

bool lock_is_taken_in(const char *function)
{
	for (uint32_t kind = 0; kind < LOCK_KINDS; kind++)
		if (is_function(kind, OPERATION_LOCK, function) ||
		    is_function(kind, OPERATION_READ_LOCK, function))
			return true;
	return false;
}
