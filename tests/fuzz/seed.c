/*
 * What a library has for a debugger: frames with saved registers, an inlined function, data;
 * and calls: of its own functions, and of libc's by a call and by a jump.
 */
#include <stdio.h>
#include <stdlib.h>

static int table[16];

static inline int inlined(int value)
{
	return table[value & 15] += value;
}

static __attribute__((noinline)) int own(int value)
{
	return printf("%d\n", value) + value;
}

int outer(int (*call)(int), int value)
{
	char buffer[64];

	for (int i = 0; i < 64; i++)
		buffer[i] = (char)(value + i);
	value = inlined(call(buffer[value & 63]));
	return own(value) + buffer[inlined(value) & 63] + atoi(buffer);
}

int jump(const char *text)
{
	return puts(text);
}

int call(const char *text)
{
	return jump(text) + 1;
}
