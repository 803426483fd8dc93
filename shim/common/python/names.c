/*
 * Attributes of objects of Python code are read here, and the name of a threading.Thread that is
 * being started is one. They are where this version of the interpreter keeps them: in a
 * dictionary, or in an array whose keys the type has.
 */
#include "cpython.h"
#include <string.h>

#define OBJECT_TYPE 8
#define ENTRIES_MAX 128
#define NAME        "_name"
/* PyTypeObject, the same from 3.8 to 3.14. */
#define TYPE_SIZE       32
#define TYPE_DICTIONARY 288
/* In front of an object from 3.11 on. */
#define MANAGED_DICTIONARY 24
#define MANAGED_VALUES     32

/* Where the value is: in the entry, or in an array beside it. */
static bool find_value(const struct python_walk *walk, uint64_t keys, uint64_t values,
		       const char *name, uint64_t *value)
{
	struct python_entries entries;

	if (!python_find_entries(walk, keys, &entries))
		return false;
	for (uint64_t i = 0; i < entries.count && i < ENTRIES_MAX; i++) {
		uint64_t entry = entries.first + i * entries.stride;

		if (python_has_key(walk, &entries, i, name))
			return python_read_word(walk,
						values ? values + walk->layout.values_start +
								 i * sizeof(uint64_t)
						       : entry + entries.value,
						value);
	}
	return false;
}

static bool find_in_dictionary(const struct python_walk *walk, uint64_t dictionary,
			       const char *name, uint64_t *value)
{
	uint64_t keys, values;

	return python_read_word(walk, dictionary + PYTHON_DICTIONARY_KEYS, &keys) &&
	       python_read_word(walk, dictionary + PYTHON_DICTIONARY_VALUES, &values) &&
	       find_value(walk, keys, values, name, value);
}

static bool find_in_values(const struct python_walk *walk, uint64_t type, uint64_t values,
			   const char *name, uint64_t *value)
{
	uint64_t keys;

	return python_read_word(walk, type + walk->layout.type_keys, &keys) &&
	       find_value(walk, keys, values, name, value);
}

bool python_find_attribute(const struct python_walk *walk, uint64_t object, const char *name,
			   uint64_t *value)
{
	uint64_t type, word;

	if (!python_read_word(walk, object + OBJECT_TYPE, &type))
		return false;
	switch (walk->layout.attributes) {
	case PYTHON_ATTRIBUTES_DICTIONARY:
		return python_read_word(walk, type + TYPE_DICTIONARY, &word) && word < 4096 &&
		       python_read_word(walk, object + word, &word) &&
		       find_in_dictionary(walk, word, name, value);
	case PYTHON_ATTRIBUTES_POINTERS:
		if (python_read_word(walk, object - MANAGED_VALUES, &word) && word)
			return find_in_values(walk, type, word, name, value);
		return python_read_word(walk, object - MANAGED_DICTIONARY, &word) &&
		       find_in_dictionary(walk, word, name, value);
	case PYTHON_ATTRIBUTES_TAGGED:
		if (!python_read_word(walk, object - MANAGED_DICTIONARY, &word))
			return false;
		return word & 1 ? find_in_values(walk, type, word + 1, name, value)
				: find_in_dictionary(walk, word, name, value);
	case PYTHON_ATTRIBUTES_INLINE:
		if (!python_read_word(walk, object - MANAGED_DICTIONARY, &word))
			return false;
		if (word)
			return find_in_dictionary(walk, word, name, value);
		return python_read_word(walk, type + TYPE_SIZE, &word) && word < 4096 &&
		       find_in_values(walk, type, object + word, name, value);
	case PYTHON_ATTRIBUTES_UNKNOWN:
		break;
	}
	return false;
}

static bool names_ends_with(const char *text, size_t length, const char *end)
{
	size_t size = strlen(end);

	return length >= size && memcmp(text + length - size, end, size) == 0;
}

/* threading.Thread.start(self), which asks for the thread in its last lines. */
bool python_is_starting(const struct python_walk *walk)
{
	struct python_code code;

	return walk->count && python_read_code(walk, walk->frames[0].code, &code) &&
	       names_ends_with(code.file, code.file_length, "/threading.py") &&
	       names_ends_with(code.function, code.function_length,
			       walk->layout.code_start ? "Thread.start" : "start");
}

bool python_started_name(const struct python_walk *walk, char *to, size_t capacity, size_t *length)
{
	uint64_t object, value;

	return walk->layout.attributes != PYTHON_ATTRIBUTES_UNKNOWN &&
	       python_read_word(walk, walk->innermost + walk->layout.frame_locals, &object) &&
	       python_find_attribute(walk, object & ~PYTHON_TAGS, NAME, &value) &&
	       python_read_text(walk, value, to, capacity, false, length);
}
