/*
 * Sessions are saved to, and loaded from, files that the user named. What is saved goes to a
 * file beside it first, so that a full disk leaves no half session and no lost one. What is
 * loaded may come from anybody: it is read once, into memory, and checked by the reader.
 */
#include "save.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ALIGNMENT 64
/* Much more than any run writes; a sparse file must not make us allocate for it. */
#define LOADED_MAX (1ull << 30)

/* --- saving ---------------------------------------------------------------- */

static uint64_t aligned(uint64_t size)
{
	return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t births_known(const struct model *model)
{
	size_t known = 0;

	for (size_t serial = 1; serial < model->process_capacity; serial++)
		known += model->processes[serial] && model->processes[serial]->birth_number > 0;
	return known;
}

/*
 * Room for all births, at least for what was used of the ring. Entry n is at
 * place n modulo this number. The program's own count is not believed alone.
 */
static uint32_t births_room(const struct model *model, uint64_t next_birth)
{
	size_t ring = model->reader->header.births_count, known = births_known(model);
	size_t most = known > ring ? known : ring;
	uint32_t count = 1;

	while (count < next_birth && count < most)
		count *= 2;
	return count;
}

/*
 * The live header with the layout of the copy. The program can write to the
 * live one at any time: layout comes from the checked copy, and from the live
 * words only what the reader does not trust either.
 */
static struct session_header save_lay_out(const struct model *model)
{
	const struct reader *reader = model->reader;
	const struct session_header *live = (const void *)reader->bytes;
	struct session_header header = reader->header;
	uint64_t next_cell = atomic_load(&live->next_cell);
	uint64_t next_birth = atomic_load(&live->next_birth);

	if (next_cell < header.cells_count)
		header.cells_count = next_cell;
	header.births_count = births_room(model, next_birth);
	header.births_offset = aligned(sizeof(header));
	header.intern_count = 1;
	header.intern_offset =
		header.births_offset + header.births_count * sizeof(struct session_birth);
	header.cells_offset = header.intern_offset + aligned(sizeof(struct session_intern));
	header.file_size = header.cells_offset + header.cells_count * SESSION_CELL;
	atomic_store(&header.next_cell, next_cell);
	atomic_store(&header.next_own_cell, atomic_load(&live->next_own_cell));
	atomic_store(&header.next_birth, next_birth);
	atomic_store(&header.next_process, atomic_load(&live->next_process));
	atomic_store(&header.clock, atomic_load(&live->clock));
	memcpy(&header.counters, (const void *)&live->counters, sizeof(header.counters));
	memcpy(&header.schedule, (const void *)&live->schedule, sizeof(header.schedule));
	return header;
}

static int write_all(int descriptor, const void *bytes, size_t size)
{
	const unsigned char *next = bytes;

	while (size) {
		ssize_t written = write(descriptor, next, size);

		if (written < 0 && errno != EINTR)
			return -1;
		if (written > 0) {
			next += written;
			size -= (size_t)written;
		}
	}
	return 0;
}

static void put_birth(struct session_birth *births, uint32_t count,
		      const struct process_facts *process)
{
	uint64_t number = process->birth_number - 1;

	births[number & (count - 1)] = (struct session_birth){
		.sequence = number + 1,
		.time_ns = process->birth_ns,
		.process = process->serial,
		.parent = process->parent,
		.image = process->image,
		.pid = process->pid,
		.fork = process->fork,
		.kind = process->kind,
		.state = process->state,
		.lost = process->lost,
		.private_facts = process->private_facts,
	};
}

/* The ring has the last ones only: the others are as the model has them. malloc'ed. */
static struct session_birth *collect_births(const struct model *model, uint32_t count)
{
	const struct reader *reader = model->reader;
	const unsigned char *ring = reader->bytes + reader->header.births_offset;
	struct session_birth *births = calloc(count, sizeof(*births));

	for (size_t serial = 1; births && serial < model->process_capacity; serial++)
		if (model->processes[serial] && model->processes[serial]->birth_number)
			put_birth(births, count, model->processes[serial]);
	for (uint32_t i = 0; births && i < reader->header.births_count; i++) {
		struct session_birth birth;

		memcpy(&birth, ring + i * sizeof(birth), sizeof(birth));
		if (birth.sequence)
			births[(birth.sequence - 1) & (count - 1)] = birth;
	}
	return births;
}

static int write_births(int descriptor, const struct model *model, uint32_t count)
{
	struct session_birth *births = collect_births(model, count);
	int result = births ? write_all(descriptor, births, count * sizeof(*births)) : -1;
	int problem = births ? errno : ENOMEM;

	free(births);
	errno = problem;
	return result;
}

static int write_session(int descriptor, const struct model *model)
{
	static const unsigned char zeroes[ALIGNMENT];
	const struct reader *reader = model->reader;
	struct session_header header = save_lay_out(model);
	const unsigned char *cells = reader->bytes + reader->header.cells_offset;
	/* Nothing is found by its hash in a session that has ended. */
	size_t intern_size = header.cells_offset - header.intern_offset;

	if (write_all(descriptor, &header, sizeof(header)) ||
	    write_all(descriptor, zeroes, header.births_offset - sizeof(header)) ||
	    write_births(descriptor, model, header.births_count) ||
	    write_all(descriptor, zeroes, intern_size))
		return -1;
	return write_all(descriptor, cells, header.cells_count * SESSION_CELL);
}

/* What the file has already; each session is a multiple of ALIGNMENT. */
static int copy_file(int to, const char *path)
{
	unsigned char bytes[16384];
	int from = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int result = from < 0 ? -1 : 0, problem;
	ssize_t length;

	while (result == 0 && (length = read(from, bytes, sizeof(bytes))) != 0)
		if (length > 0)
			result = write_all(to, bytes, (size_t)length);
		else if (errno != EINTR)
			result = -1;
	problem = errno;
	if (from >= 0)
		close(from);
	errno = problem;
	return result;
}

/* Into a new file, which only its owner can read. `before`: whose content comes first; NULL:
 * nobody's. */
static int write_file(char *temporary, const struct model *model, const char *before)
{
	int descriptor = mkostemp(temporary, O_CLOEXEC);
	int result, problem;

	if (descriptor < 0)
		return -1;
	result = before ? copy_file(descriptor, before) : 0;
	if (result == 0)
		result = write_session(descriptor, model);
	problem = errno;
	if (close(descriptor) && result == 0) {
		problem = errno;
		result = -1;
	}
	if (result)
		unlink(temporary);
	errno = problem;
	return result;
}

static int replace(const char *temporary, const char *path)
{
	int problem;

	if (rename(temporary, path) == 0)
		return 0;
	problem = errno;
	unlink(temporary);
	errno = problem;
	return -1;
}

/* A device or a pipe is not to be replaced by a file. */
static const char *check_target(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0 || S_ISREG(status.st_mode))
		return NULL;
	return S_ISDIR(status.st_mode) ? strerror(EISDIR) : "it is no regular file";
}

static const char *save(const struct model *model, const char *path, bool appends)
{
	const char *problem = check_target(path);
	char *temporary;

	if (problem)
		return problem;
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return strerror(ENOMEM);
	if (write_file(temporary, model, appends ? path : NULL) || replace(temporary, path))
		problem = strerror(errno);
	free(temporary);
	return problem;
}

static int save_or_complain(const struct model *model, const char *path, bool appends)
{
	/* Over `ulimit -f` the kernel would kill us instead of saying so. */
	void (*previous)(int) = signal(SIGXFSZ, SIG_IGN);
	const char *problem = save(model, path, appends);

	signal(SIGXFSZ, previous);
	if (!problem)
		return 0;
	fprintf(stderr, "forkcheck: cannot write the session '%s': %s\n", path, problem);
	return -1;
}

int session_save(const struct model *model, const char *path)
{
	return save_or_complain(model, path, false);
}

int session_append(const struct model *model, const char *path)
{
	return save_or_complain(model, path, true);
}

/* --- loading --------------------------------------------------------------- */

/* NULL, or what is wrong. */
static const char *save_read_all(int descriptor, void *bytes, size_t size)
{
	unsigned char *next = bytes;

	while (size) {
		ssize_t got = read(descriptor, next, size);

		if (got < 0 && errno != EINTR)
			return strerror(errno);
		if (got == 0)
			return "it is truncated or damaged";
		if (got > 0) {
			next += got;
			size -= (size_t)got;
		}
	}
	return NULL;
}

static const char *check_source(const struct stat *status)
{
	if (S_ISDIR(status->st_mode))
		return strerror(EISDIR);
	if (!S_ISREG(status->st_mode))
		return "it is no regular file";
	if (status->st_size == 0)
		return "it is empty";
	if ((uint64_t)status->st_size > LOADED_MAX)
		return "it is too large for a forkcheck session";
	return NULL;
}

/* How many bytes the next session has, by its own word; what makes no sense has all that are
 * left. */
static size_t next_size(const struct saved_session *saved)
{
	size_t left = saved->size - saved->position;
	struct session_header header;

	if (left < sizeof(header))
		return left;
	memcpy(&header, saved->bytes + saved->position, sizeof(header));
	if (header.file_size < sizeof(header) || header.file_size >= left ||
	    header.file_size % ALIGNMENT)
		return left;
	return (size_t)header.file_size;
}

static const char *open_next(struct saved_session *saved, struct reader *reader)
{
	size_t size = next_size(saved);
	const char *problem = reader_open(reader, saved->bytes + saved->position, size);

	saved->position += size;
	return problem;
}

static const char *load_open(struct saved_session *saved, struct reader *reader, int descriptor)
{
	const char *problem;
	struct stat status;

	if (fstat(descriptor, &status) != 0)
		return strerror(errno);
	problem = check_source(&status);
	if (problem)
		return problem;
	saved->size = (size_t)status.st_size;
	saved->bytes = aligned_alloc(ALIGNMENT, aligned(saved->size));
	if (!saved->bytes)
		return strerror(ENOMEM);
	problem = save_read_all(descriptor, saved->bytes, saved->size);
	return problem ? problem : open_next(saved, reader);
}

static const char *load(struct saved_session *saved, struct reader *reader, const char *path)
{
	const char *problem;
	struct stat status;
	int descriptor;

	/* Opening a device may already do something, opening a pipe would wait. */
	if (stat(path, &status) != 0)
		return strerror(errno);
	problem = check_source(&status);
	if (problem)
		return problem;
	descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (descriptor < 0)
		return strerror(errno);
	problem = load_open(saved, reader, descriptor);
	close(descriptor);
	return problem;
}

static int cannot_read(const char *path, const char *problem)
{
	fprintf(stderr, "forkcheck: cannot read the session '%s': %s\n", path, problem);
	return -1;
}

int session_load(struct saved_session *saved, struct reader *reader, const char *path)
{
	const char *problem;

	*saved = (struct saved_session){0};
	problem = load(saved, reader, path);
	if (!problem)
		return 0;
	free(saved->bytes);
	*saved = (struct saved_session){0};
	return cannot_read(path, problem);
}

int session_load_next(struct saved_session *saved, struct reader *reader, const char *path)
{
	const char *problem;

	reader_close(reader);
	if (saved->position == saved->size)
		return 0;
	problem = open_next(saved, reader);
	return problem ? cannot_read(path, problem) : 1;
}

void session_unload(struct saved_session *saved, struct reader *reader)
{
	reader_close(reader);
	free(saved->bytes);
	*saved = (struct saved_session){0};
}
