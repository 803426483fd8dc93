/*
 * These are the functions of <string.h> that the shim and the compiler use. Hidden, so that
 * every call in the shim ends here: a program may bring names of its own, and a sanitizer's
 * memcpy and strcmp must not be called before its runtime has started, which is after our
 * constructor (clang's ThreadSanitizer crashed there).
 *
 * The empty instructions keep compilers from seeing the very function in its loop.
 */
#include "common/arch/arch.h"
#include "shim.h"
#include <string.h>
#include <strings.h>

#define OPAQUE() __asm__ volatile("")

IN_CHILD void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
	void *start = to;

	arch_copy(to, from, length);
	return start;
}

/* From its end where the beginning would be overwritten. */
IN_CHILD void *memmove(void *to, const void *from, size_t length)
{
	if ((uintptr_t)to - (uintptr_t)from >= length)
		return memcpy(to, from, length);
	for (size_t i = length; i > 0; i--) {
		OPAQUE();
		((unsigned char *)to)[i - 1] = ((const unsigned char *)from)[i - 1];
	}
	return to;
}

IN_CHILD void *memset(void *to, int byte, size_t length)
{
	void *start = to;

	arch_fill(to, byte, length);
	return start;
}

IN_CHILD int memcmp(const void *one, const void *other, size_t length)
{
	const unsigned char *a = one, *b = other;

	for (size_t i = 0; i < length; i++) {
		OPAQUE();
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	}
	return 0;
}

/* clang's memcmp() that only asks whether there is a difference. */
IN_CHILD int bcmp(const void *one, const void *other, size_t length)
{
	OPAQUE();
	return memcmp(one, other, length);
}

IN_CHILD void *memchr(const void *text, int byte, size_t length)
{
	const unsigned char *at = text;

	for (size_t i = 0; i < length; i++) {
		OPAQUE();
		if (at[i] == (unsigned char)byte)
			return (void *)(uintptr_t)(at + i);
	}
	return NULL;
}

IN_CHILD size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length]) {
		OPAQUE();
		length++;
	}
	return length;
}

IN_CHILD int strncmp(const char *one, const char *other, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char a = (unsigned char)one[i], b = (unsigned char)other[i];

		OPAQUE();
		if (a != b)
			return a < b ? -1 : 1;
		if (!a)
			break;
	}
	return 0;
}

IN_CHILD int strcmp(const char *one, const char *other)
{
	return strncmp(one, other, SIZE_MAX);
}

IN_CHILD char *strchr(const char *text, int character)
{
	return memchr(text, character, strlen(text) + 1);
}

IN_CHILD char *strncpy(char *restrict to, const char *restrict from, size_t length)
{
	size_t used = 0;

	for (; used < length && from[used]; used++)
		to[used] = from[used];
	memset(to + used, 0, length - used);
	return to;
}
