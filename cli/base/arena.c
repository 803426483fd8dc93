/*
 * An arena gives memory that is released all at once. None of its functions fails: a process
 * without memory has no report to write, so it ends with forkcheck's own status.
 */
#include "arena.h"
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* options.h has it too, but includes half of the CLI. */
#define EXIT_OUT_OF_MEMORY 125

static _Noreturn void out_of_memory(void)
{
	fputs("forkcheck: out of memory\n", stderr);
	exit(EXIT_OUT_OF_MEMORY);
}

void arena_init(struct arena *arena)
{
	/* The handler is one for all obstacks: without it glibc exits with 1. */
	obstack_alloc_failed_handler = out_of_memory;
	/* obstack_init aligns for double, which is less than "any type". */
	obstack_specify_allocation(&arena->obstack, 0, _Alignof(max_align_t), malloc, free);
}

void arena_release(struct arena *arena)
{
	obstack_free(&arena->obstack, NULL);
}

/* obstack.h aligns by adding to a null pointer. */
__attribute__((no_sanitize("pointer-overflow"))) static void *allocate(struct arena *arena,
								       size_t size)
{
	/* glibc's obstacks count in int. */
	if (size > INT_MAX / 2)
		out_of_memory();
	return obstack_alloc(&arena->obstack, (int)size);
}

void *arena_zalloc(struct arena *arena, size_t size)
{
	return memset(allocate(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		out_of_memory();
	return arena_zalloc(arena, bytes);
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = allocate(arena, length == SIZE_MAX ? length : length + 1);

	if (length > 0)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

static char *vprintf_to_arena(struct arena *arena, const char *format, va_list arguments)
{
	va_list again;

	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		out_of_memory();
	char *text = allocate(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	char *text = vprintf_to_arena(arena, format, arguments);
	va_end(arguments);
	return text;
}
