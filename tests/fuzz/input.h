/*
 * What targets share that take an input for a list of patches.
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct input {
	const uint8_t *at;
	size_t left;
};

/* The next bytes as a number, the highest first; 0 where the input has ended. */
static inline uint32_t input_take(struct input *input, size_t bytes)
{
	uint32_t value = 0;

	for (size_t i = 0; i < bytes && input->left; i++, input->left--)
		value = value << 8 | *input->at++;
	return value;
}

/* A word that is often mishandled. */
static inline uint64_t input_take_special(struct input *input)
{
	static const uint64_t special[] = {
		0,          1,         63,        64,        0x7fffffff,     1u << 31,
		UINT32_MAX, 1ul << 47, INT64_MAX, 1ul << 63, UINT64_MAX - 7, UINT64_MAX};

	return special[input_take(input, 1) % (sizeof(special) / sizeof(*special))];
}

/* Up to 16 bytes of the input, somewhere in the area. */
static inline void input_overwrite(struct input *input, unsigned char *area, size_t size)
{
	size_t at = input_take(input, 3), length = 1 + input_take(input, 1) % 16;

	for (size_t i = 0; i < length && input->left; i++)
		area[(at + i) % size] = (unsigned char)input_take(input, 1);
}

#endif
