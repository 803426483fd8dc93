/*
 * The entries of a dictionary (PyDictKeysObject) are walked here; they lie behind a table of
 * indices.
 */
#include "cpython.h"
#include <string.h>

static bool find_entries_310(const struct python_walk *walk, uint64_t keys,
			     struct python_entries *entries)
{
	uint64_t size;
	uint64_t width;

	if (!python_read_word(walk, keys + 8, &size) ||
	    !python_read_word(walk, keys + 32, &entries->count) || size > UINT32_MAX)
		return false;
	width = size <= 0xff ? 1 : size <= 0xffff ? 2 : 4;
	entries->first = keys + 40 + size * width;
	entries->stride = 24;
	entries->key = 8;
	entries->value = 16;
	return true;
}

static bool find_entries_311(const struct python_walk *walk, uint64_t keys,
			     struct python_entries *entries)
{
	/* The logarithms of two sizes, and the kind: 0 keeps hashes with the keys. */
	uint8_t head[3];
	bool hashes;

	if (!walk->memory->read(walk->memory, head, keys + 8, sizeof(head)) ||
	    !python_read_word(walk, keys + 24, &entries->count) || head[1] > 32)
		return false;
	hashes = head[2] == 0;
	entries->first = keys + 32 + (UINT64_C(1) << head[1]);
	entries->stride = hashes ? 24 : 16;
	entries->key = hashes ? 8 : 0;
	entries->value = entries->key + 8;
	return true;
}

bool python_find_entries(const struct python_walk *walk, uint64_t keys,
			 struct python_entries *entries)
{
	return walk->layout.attributes == PYTHON_ATTRIBUTES_DICTIONARY
		       ? find_entries_310(walk, keys, entries)
		       : find_entries_311(walk, keys, entries);
}

bool python_has_key(const struct python_walk *walk, const struct python_entries *entries,
		    uint64_t index, const char *name)
{
	uint64_t key;
	char text[PYTHON_KEY_MAX + 1];
	size_t length;

	return index < entries->count &&
	       python_read_word(walk, entries->first + index * entries->stride + entries->key,
				&key) &&
	       key && python_read_text(walk, key, text, sizeof(text), false, &length) &&
	       length == strlen(name) && memcmp(text, name, length) == 0;
}
