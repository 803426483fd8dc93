/*
 * Output that waits in stdio's buffers at a fork is followed here, without stdio's locks: all
 * is read as it may be gone (memory_read), and what another thread changes meanwhile is not
 * recorded. struct _IO_FILE is public and part of the ABI.
 *
 * stdio writes by itself (a full buffer, a new line, exit), through functions of
 * libc's own that no wrapper sees. So bytes that waited at a fork are looked at
 * again: when fflush() or fclose() is called for them, at the next fork, before
 * an exec, at the end. If they are not there any more, they were written, unless
 * __fpurge() took them. If they are there at exit(), it will write them.
 */
#include "record/stdio_output.h"
#include "base/process.h"
#include "common/raw.h"
#include "log/log.h"
#include "record/copied.h"
#include "state/thread.h"

/* Of the list of open streams. */
#define STREAMS_MAX 256
/* Of the waiting bytes: enough to tell them from others. */
#define SAMPLE 256

/* process.output_count of them; nobody touches them without having process.output_taken. */
static struct output outputs[OUTPUTS];

/* Weak: what a libc without these names has is not known. */
extern FILE *_IO_list_all __attribute__((weak));
extern FILE _IO_2_1_stderr_ __attribute__((weak));

/* A thread that finds the table taken does without: rather nothing than a mixture. */
static bool take_outputs(void)
{
	return !process.is_filtered && process_is_own() &&
	       !atomic_exchange(&process.output_taken, true);
}

static void give_outputs_back(void)
{
	atomic_store(&process.output_taken, false);
}

static void forget_output(uint32_t index)
{
	outputs[index] = outputs[--process.output_count];
}

/* Bytes that wait to be written. A wide stream has a second buffer before this one. */
static size_t waiting(const FILE *stream)
{
	if (stream->_fileno < 0 || stream->_mode > 0 ||
	    stream->_IO_write_ptr <= stream->_IO_write_base)
		return 0;
	return (size_t)(stream->_IO_write_ptr - stream->_IO_write_base);
}

static bool hash_sample(const char *start, size_t length, uint64_t *hash)
{
	char sample[SAMPLE];
	size_t size = length < SAMPLE ? length : SAMPLE;

	if (memory_read(sample, start, size) != size)
		return false;
	*hash = hash_bytes(HASH_SEED, sample, size);
	return true;
}

static bool still_waits(const struct output *output)
{
	uint64_t hash;
	FILE stream;

	return memory_read(&stream, output->stream, sizeof(stream)) == sizeof(stream) &&
	       stream._fileno == output->descriptor && stream._IO_write_base == output->start &&
	       waiting(&stream) >= output->length &&
	       hash_sample(output->start, output->length, &hash) && hash == output->hash;
}

/* A child that has its own output by now writes nobody else's again. */
static bool stdio_output_is_same_file(const struct output *output)
{
	struct stat status;

	return raw_fstat(output->descriptor, &status) == 0 && status.st_dev == output->device &&
	       status.st_ino == output->inode;
}

static void record_output(struct thread *thread, const struct output *output, uint32_t flags)
{
	copied_record_output(thread, output->identity, flags, output->descriptor, output->length);
}

/* Records and forgets what was written since the last look. */
static void stdio_output_settle(struct thread *thread)
{
	for (uint32_t i = process.output_count; i-- > 0;) {
		if (still_waits(&outputs[i]))
			continue;
		if (stdio_output_is_same_file(&outputs[i]))
			record_output(thread, &outputs[i], 0);
		forget_output(i);
	}
}

/* --- before a fork ----------------------------------------------------------- */

static struct output *output_of(const FILE *stream)
{
	for (uint32_t i = 0; i < process.output_count; i++)
		if (outputs[i].stream == stream)
			return &outputs[i];
	return NULL;
}

static bool stdio_output_remember(FILE *address, const FILE *stream)
{
	struct output *known = output_of(address);
	struct output output = {
		.stream = address,
		.identity = known ? known->identity : copied_identity(),
		.start = stream->_IO_write_base,
		.length = waiting(stream),
		.descriptor = stream->_fileno,
	};
	struct stat status;

	if (!known && process.output_count == OUTPUTS)
		return false;
	if (!hash_sample(output.start, output.length, &output.hash) ||
	    raw_fstat(output.descriptor, &status))
		return true;
	output.device = status.st_dev;
	output.inode = status.st_ino;
	*(known ? known : &outputs[process.output_count++]) = output;
	return true;
}

/*
 * The streams of libc's own are the last in the list, and always there. Others
 * can be closed by another thread while we look at them.
 */
static const FILE *stdio_output_look_at(FILE *address, bool is_safe, FILE *copy)
{
	if (is_safe)
		return address;
	return memory_read(copy, address, sizeof(*copy)) == sizeof(*copy) ? copy : NULL;
}

/* Calls `visit` for each stream with waiting bytes, until it returns false.
 * Without a function: true where there is none. */
static bool each_waiting(bool is_alone, bool (*visit)(FILE *address, const FILE *stream))
{
	bool is_safe = is_alone;
	FILE *address = &_IO_list_all ? _IO_list_all : NULL, copy;

	for (int i = 0; address && i < STREAMS_MAX; i++) {
		const FILE *stream;

		is_safe |= address == &_IO_2_1_stderr_;
		stream = stdio_output_look_at(address, is_safe, &copy);
		if (!stream)
			return true;
		if (unlikely(waiting(stream)) && !(visit && visit(address, stream)))
			return false;
		address = stream->_chain;
	}
	return true;
}

/* Most programs fork with nothing in their buffers: this much is all that they pay. */
void output_before_fork(struct thread *thread)
{
	bool is_alone = thread->fork.others == 0;

	if (process.is_filtered)
		return;
	if (!process.output_count && each_waiting(is_alone, NULL))
		return;
	if (!take_outputs())
		return;
	stdio_output_settle(thread);
	each_waiting(is_alone, stdio_output_remember);
	give_outputs_back();
}

/* --- afterwards -------------------------------------------------------------- */

/* What another thread wrote just before the clone is not in the child's copy. */
IN_CHILD void output_in_child(void)
{
	if (atomic_exchange(&process.output_taken, false))
		process.output_count = 0;
	for (uint32_t i = process.output_count; i-- > 0;)
		if (!still_waits(&outputs[i]))
			forget_output(i);
}

IN_CHILD void output_at_end(bool flushes)
{
	struct thread *thread;
	int saved = errno;

	if (!process.output_count)
		return;
	thread = thread_current();
	if (thread && take_outputs()) {
		stdio_output_settle(thread);
		for (uint32_t i = process.output_count; flushes && i-- > 0;)
			if (stdio_output_is_same_file(&outputs[i]))
				record_output(thread, &outputs[i], COPIED_AT_EXIT);
		give_outputs_back();
	}
	errno = saved;
}

/* NULL stands for all streams. */
static bool is_due(const struct output *output, const FILE *stream)
{
	return (!stream || output->stream == stream) && still_waits(output) &&
	       stdio_output_is_same_file(output);
}

COLD void output_begin_write(struct writing *writing, const FILE *stream)
{
	int saved = errno;

	if (thread_current() && take_outputs()) {
		for (uint32_t i = process.output_count; i-- > 0;) {
			if (!is_due(&outputs[i], stream))
				continue;
			writing->outputs[writing->count++] = outputs[i];
			forget_output(i);
		}
		give_outputs_back();
	}
	errno = saved;
}

COLD void output_end_write(const struct writing *writing)
{
	int saved = errno;

	for (uint32_t i = 0; i < writing->count; i++)
		record_output(thread_known(), &writing->outputs[i], COPIED_BY_CALL);
	errno = saved;
}

COLD void output_forget(const FILE *stream)
{
	int saved = errno;

	if (!take_outputs())
		return;
	for (uint32_t i = process.output_count; i-- > 0;)
		if (outputs[i].stream == stream)
			forget_output(i);
	give_outputs_back();
	errno = saved;
}
