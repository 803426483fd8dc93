/*
 * Go's _cgo_topofstack() for x86-64, as its compiler has written it since Go 1.4: four loads
 * and a return. Nothing of what is read is trusted.
 */
#include "../../goroutine.h"
#include "../arch.h"
#include <string.h>

#define CODE_BYTES 40

struct code {
	uint8_t bytes[CODE_BYTES];
	size_t at, length;
	uint64_t address;
};

static bool go_code_take(struct code *code, const uint8_t *bytes, size_t length)
{
	if (code->length - code->at < length || memcmp(code->bytes + code->at, bytes, length) != 0)
		return false;
	code->at += length;
	return true;
}

static bool take_distance(struct code *code, int32_t *distance)
{
	if (code->length - code->at < sizeof(*distance))
		return false;
	memcpy(distance, code->bytes + code->at, sizeof(*distance));
	code->at += sizeof(*distance);
	return true;
}

static bool go_code_take_byte(struct code *code, int32_t *distance)
{
	if (code->at >= code->length)
		return false;
	*distance = (int8_t)code->bytes[code->at++];
	return true;
}

#define TAKE(code, ...)                                                                            \
	go_code_take(code, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* mov %fs:distance, %rax; in a shared library the distance is in a word of its own. */
static bool take_tls(struct code *code, const struct goroutine_reader *reader, int64_t *tls)
{
	int32_t distance;
	uint64_t word;

	if (TAKE(code, 0x64, 0x48, 0x8b, 0x04, 0x25)) {
		if (!take_distance(code, &distance))
			return false;
		*tls = distance;
		return true;
	}
	if (TAKE(code, 0x48, 0xc7, 0xc1)) {
		if (!take_distance(code, &distance))
			return false;
		*tls = distance;
	} else {
		if (!TAKE(code, 0x48, 0x8b, 0x0d) || !take_distance(code, &distance) ||
		    reader->read(reader, code->address + code->at + (uint64_t)(int64_t)distance,
				 &word, sizeof(word)) != sizeof(word))
			return false;
		*tls = (int64_t)word;
	}
	return TAKE(code, 0x64, 0x48, 0x8b, 0x01);
}

/* mov distance(%rax), %rax */
static bool take_load(struct code *code, int32_t *distance)
{
	if (TAKE(code, 0x48, 0x8b, 0x40))
		return go_code_take_byte(code, distance);
	return TAKE(code, 0x48, 0x8b, 0x80) && take_distance(code, distance);
}

bool arch_read_go_code(struct go_runtime *runtime, const struct goroutine_reader *reader,
		       uint64_t function, int32_t *high)
{
	struct code code = {.address = function};

	code.length = reader->read(reader, function, code.bytes, sizeof(code.bytes));
	return code.length <= sizeof(code.bytes) && take_tls(&code, reader, &runtime->tls) &&
	       take_load(&code, &runtime->machine) && take_load(&code, &runtime->current) &&
	       take_load(&code, high) && TAKE(&code, 0xc3);
}
