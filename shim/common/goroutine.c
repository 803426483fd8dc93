/*
 * The goroutine that called C is found by what the runtime of Go keeps. Nothing of what is
 * read is trusted: addresses are only ever read through the reader.
 */
#include "goroutine.h"
#include <string.h>

/* Of struct g in Go's runtime, since Go 1.4: its stack's ends, and where it stood. */
#define STACK_LOW  0
#define STACK_HIGH 8
#define SCHED_SP   56

#define CODE_BYTES 40

struct code {
	uint8_t bytes[CODE_BYTES];
	size_t at, length;
	uint64_t address;
};

static bool read_word(const struct goroutine_reader *reader, uint64_t address, uint64_t *word)
{
	return reader->read(reader, address, word, sizeof(*word)) == sizeof(*word);
}

static bool take(struct code *code, const uint8_t *bytes, size_t length)
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

static bool take_byte(struct code *code, int32_t *distance)
{
	if (code->at >= code->length)
		return false;
	*distance = (int8_t)code->bytes[code->at++];
	return true;
}

#define TAKE(code, ...)                                                                            \
	take(code, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

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
		    !read_word(reader, code->address + code->at + (uint64_t)(int64_t)distance,
			       &word))
			return false;
		*tls = (int64_t)word;
	}
	return TAKE(code, 0x64, 0x48, 0x8b, 0x01);
}

/* mov distance(%rax), %rax */
static bool take_load(struct code *code, int32_t *distance)
{
	if (TAKE(code, 0x48, 0x8b, 0x40))
		return take_byte(code, distance);
	return TAKE(code, 0x48, 0x8b, 0x80) && take_distance(code, distance);
}

bool goroutine_learn(struct go_runtime *runtime, const struct goroutine_reader *reader,
		     uint64_t function)
{
	struct code code = {.address = function};
	int32_t high;

	code.length = reader->read(reader, function, code.bytes, sizeof(code.bytes));
	return code.length <= sizeof(code.bytes) && take_tls(&code, reader, &runtime->tls) &&
	       take_load(&code, &runtime->machine) && take_load(&code, &runtime->current) &&
	       take_load(&code, &high) && high == STACK_HIGH && TAKE(&code, 0xc3);
}

static bool find_waiting(const struct go_runtime *runtime, const struct goroutine_reader *reader,
			 uint64_t thread, uint64_t *goroutine)
{
	uint64_t scheduler, machine;

	return read_word(reader, thread + (uint64_t)runtime->tls, &scheduler) && scheduler &&
	       read_word(reader, scheduler + (uint64_t)(int64_t)runtime->machine, &machine) &&
	       machine &&
	       read_word(reader, machine + (uint64_t)(int64_t)runtime->current, goroutine) &&
	       *goroutine && *goroutine != scheduler;
}

bool goroutine_find(const struct go_runtime *runtime, const struct goroutine_reader *reader,
		    uint64_t thread, struct other_stack *other)
{
	uint64_t goroutine, low, high, sp, word;

	if (!runtime->current || !thread || !find_waiting(runtime, reader, thread, &goroutine) ||
	    !read_word(reader, goroutine + STACK_LOW, &low) ||
	    !read_word(reader, goroutine + STACK_HIGH, &high) ||
	    !read_word(reader, goroutine + SCHED_SP, &sp) || sp % sizeof(word) ||
	    high % sizeof(word) || low >= high || sp < low || sp >= high)
		return false;
	other->address = sp;
	other->length = high - sp < GOROUTINE_BYTES ? (uint32_t)(high - sp) : GOROUTINE_BYTES;
	return read_word(reader, sp, &word) &&
	       read_word(reader, sp + other->length - sizeof(word), &word);
}
