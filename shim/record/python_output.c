/*
 * Output that waits in Python's files at a fork is followed here. They write by write(), from
 * a buffer of their own. So bytes that waited at a fork have been written once a write() from
 * that buffer begins with them; the same bytes from elsewhere are others. A file that was
 * closed, or lost its buffer otherwise, is forgotten at the next fork.
 *
 * At the fork the thread has the interpreter's lock (python_frames.c): what was found then
 * is what the child has a copy of.
 */
#include "record/python_output.h"
#include "base/process.h"
#include "common/python/cpython.h"
#include "common/raw.h"
#include "record/copied.h"
#include "record/python_frames.h"
#include "state/thread.h"
#include <string.h>

#define OUTPUTS 8

struct waiting_file {
	struct python_file file;
	uint64_t identity;
	dev_t device;
	ino_t inode;
};

/* process.file_count of them; nobody touches them without having process.files_taken. */
static struct waiting_file files[OUTPUTS];

/* A thread that finds the table taken does without: rather nothing than a mixture. */
static bool take_files(void)
{
	return !process.is_filtered && process_is_own() &&
	       !atomic_exchange(&process.files_taken, true);
}

static void give_files_back(void)
{
	atomic_store(&process.files_taken, false);
}

static void forget_file(uint32_t index)
{
	files[index] = files[--process.file_count];
}

/* --- before a fork ----------------------------------------------------------- */

/* Is what waits in `longer` the same, and perhaps more? */
static bool continues(const struct python_file *longer, const struct python_file *file)
{
	return longer->object == file->object && longer->buffer == file->buffer &&
	       longer->descriptor == file->descriptor && longer->length >= file->length &&
	       longer->sampled >= file->sampled &&
	       memcmp(longer->sample, file->sample, file->sampled) == 0;
}

static void forget_what_is_gone(void)
{
	struct python_file now;

	for (uint32_t i = process.file_count; i-- > 0;)
		if (!python_still_waits(&files[i].file, &now) || !continues(&now, &files[i].file))
			forget_file(i);
}

static struct waiting_file *known_file(uint64_t object)
{
	for (uint32_t i = 0; i < process.file_count; i++)
		if (files[i].file.object == object)
			return &files[i];
	return NULL;
}

/* A buffer is met by itself, too, and behind its text layer, which has more. */
static void python_output_remember(const struct python_file *file, void *nothing)
{
	struct waiting_file *known = known_file(file->object);
	struct stat status;

	(void)nothing;
	if (known && continues(file, &known->file))
		known->file = *file;
	if (known || process.file_count == OUTPUTS || raw_fstat(file->descriptor, &status))
		return;
	files[process.file_count++] = (struct waiting_file){
		.file = *file,
		.identity = copied_identity(),
		.device = status.st_dev,
		.inode = status.st_ino,
	};
}

void python_output_before_fork(struct thread *thread)
{
	if (!thread->python_state || !take_files())
		return;
	forget_what_is_gone();
	python_each_waiting_file(thread, python_output_remember, NULL);
	give_files_back();
}

/* What another thread wrote just before the clone is not in the child's copy. */
IN_CHILD void python_output_in_child(void)
{
	if (atomic_exchange(&process.files_taken, false))
		process.file_count = 0;
}

/* --- afterwards -------------------------------------------------------------- */

/* Text that is longer than the buffer does not go through it. */
static bool is_from(const struct python_file *file, const void *from)
{
	return (uint64_t)(uintptr_t)from - file->buffer < file->size || file->length > file->size;
}

/* A child that has its own output by now writes nobody else's again. */
static bool python_output_is_same_file(const struct waiting_file *waiting)
{
	struct stat status;

	return raw_fstat(waiting->file.descriptor, &status) == 0 &&
	       status.st_dev == waiting->device && status.st_ino == waiting->inode;
}

static bool wrote(const struct waiting_file *waiting, int descriptor, const void *from,
		  size_t length)
{
	const struct python_file *file = &waiting->file;
	uint8_t sample[PYTHON_SAMPLE];

	return file->descriptor == descriptor && length >= file->length && is_from(file, from) &&
	       memory_read(sample, from, file->sampled) == file->sampled &&
	       memcmp(sample, file->sample, file->sampled) == 0 &&
	       python_output_is_same_file(waiting);
}

static void python_output_settle(struct thread *thread, int descriptor, const void *from,
				 size_t length)
{
	for (uint32_t i = process.file_count; i-- > 0;) {
		if (!wrote(&files[i], descriptor, from, length))
			continue;
		copied_record_output(thread, files[i].identity, COPIED_BY_CALL | COPIED_PYTHON,
				     descriptor, files[i].file.length);
		forget_file(i);
	}
}

COLD void python_output_written(int descriptor, const void *from, size_t length)
{
	struct thread *thread;
	int saved = errno;

	if (process.file_count && (thread = thread_current()) && take_files()) {
		python_output_settle(thread, descriptor, from, length);
		give_files_back();
	}
	errno = saved;
}
