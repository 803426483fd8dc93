/*
 * The goroutine that called C is found by what the runtime of Go keeps. Nothing of what is
 * read is trusted: addresses are only ever read through the reader.
 */
#include "goroutine.h"
#include "arch/arch.h"

/* Of struct g in Go's runtime, since Go 1.4: its stack's ends, and where it stood. */
#define STACK_LOW  0
#define STACK_HIGH 8
#define SCHED_SP   56

static bool goroutine_read_word(const struct goroutine_reader *reader, uint64_t address,
				uint64_t *word)
{
	return reader->read(reader, address, word, sizeof(*word)) == sizeof(*word);
}

bool goroutine_learn(struct go_runtime *runtime, const struct goroutine_reader *reader,
		     uint64_t function)
{
	int32_t high;

	return arch_read_go_code(runtime, reader, function, &high) && high == STACK_HIGH;
}

static bool find_waiting(const struct go_runtime *runtime, const struct goroutine_reader *reader,
			 uint64_t thread, uint64_t *goroutine)
{
	uint64_t scheduler, machine;

	return goroutine_read_word(reader, thread + (uint64_t)runtime->tls, &scheduler) &&
	       scheduler &&
	       goroutine_read_word(reader, scheduler + (uint64_t)(int64_t)runtime->machine,
				   &machine) &&
	       machine &&
	       goroutine_read_word(reader, machine + (uint64_t)(int64_t)runtime->current,
				   goroutine) &&
	       *goroutine && *goroutine != scheduler;
}

bool goroutine_find(const struct go_runtime *runtime, const struct goroutine_reader *reader,
		    uint64_t thread, struct other_stack *other)
{
	uint64_t goroutine, low, high, sp, word;

	if (!runtime->current || !thread || !find_waiting(runtime, reader, thread, &goroutine) ||
	    !goroutine_read_word(reader, goroutine + STACK_LOW, &low) ||
	    !goroutine_read_word(reader, goroutine + STACK_HIGH, &high) ||
	    !goroutine_read_word(reader, goroutine + SCHED_SP, &sp) || sp % sizeof(word) ||
	    high % sizeof(word) || low >= high || sp < low || sp >= high)
		return false;
	other->address = sp;
	other->length = high - sp < GOROUTINE_BYTES ? (uint32_t)(high - sp) : GOROUTINE_BYTES;
	return goroutine_read_word(reader, sp, &word) &&
	       goroutine_read_word(reader, sp + other->length - sizeof(word), &word);
}
