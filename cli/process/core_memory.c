/*
 * The memory of a core file: what it has of each mapping, and what it left out, from the files
 * that were mapped. All of it is read with pread: what is mapped may be cut off meanwhile.
 *
 * The kernel has a PT_LOAD segment for each mapping, and no bytes, or one page, where a file was
 * never written to (coredump_filter); gcore has no segment for these. Such bytes are those of the
 * file, if it is an ELF file, cannot be written through that mapping, and is still the same: its
 * first page, which the core has (with the build-id in it), is in the file as it was. If the core
 * lacks that page, the file must not have been touched since the core was written.
 */
#include "base/array.h"
#include "core_parts.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define BREAK_DISTANCE (UINT64_C(1) << 30)

bool core_memory_add_segment(struct core *core, const struct core_area *area)
{
	if (!ARRAY_MAKE_ROOM(core->areas, core->area_count, core->area_capacity))
		return false;
	core->areas[core->area_count++] = *area;
	return true;
}

/* --- which mappings there are ---------------------------------------------------- */

static int by_start_of_area(const void *left, const void *right)
{
	const struct core_area *one = left, *other = right;

	return (one->start > other->start) - (one->start < other->start);
}

static int by_start_of_range(const void *left, const void *right)
{
	const struct core_range *one = left, *other = right;

	return (one->start > other->start) - (one->start < other->start);
}

/* The last that does not begin behind an address, and ends behind it. */
static const struct core_area *area_at(const struct core *core, size_t count, uint64_t address)
{
	size_t low = 0;

	for (size_t high = count; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (core->areas[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < core->areas[low - 1].end ? &core->areas[low - 1] : NULL;
}

static const struct core_range *range_at(const struct core *core, uint64_t address)
{
	size_t low = 0;

	for (size_t high = core->range_count; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (core->ranges[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < core->ranges[low - 1].end ? &core->ranges[low - 1] : NULL;
}

static void name_area(const struct core *core, struct core_area *area)
{
	const struct core_range *range = range_at(core, area->start);

	if (!range)
		return;
	area->object = range->object;
	area->file_offset = range->offset + (area->start - range->start);
}

/* What a debugger left out cannot be written: it is code, or constants. */
static bool add_missing(struct core *core)
{
	size_t segments = core->area_count;

	for (size_t i = 0; i < core->range_count; i++) {
		const struct core_range *range = &core->ranges[i];
		struct core_area area = {.start = range->start,
					 .end = range->end,
					 .file_offset = range->offset,
					 .object = range->object,
					 .is_missing = true};

		if (!area_at(core, segments, range->start) && !core_memory_add_segment(core, &area))
			return false;
	}
	return true;
}

/* The one that begins to run; a debugger may have no NT_AUXV. */
static size_t find_program(const struct core *core)
{
	const struct core_range *range = range_at(core, core->entry);

	if (!range && core->range_count)
		range = &core->ranges[0];
	return range ? range->object : CORE_NONE;
}

/*
 * No note says where the break is. It begins behind the program, at a place that is drawn for each
 * exec, a gigabyte away at the most (arch_randomize_brk() in the kernel); the program's own zeros
 * begin at once.
 */
static void find_heap(struct core *core)
{
	uint64_t end = 0;

	for (size_t i = 0; i < core->area_count; i++) {
		const struct core_area *area = &core->areas[i];
		bool is_program = area->object != CORE_NONE && area->object == core->program;

		if (end && !is_program && area->start != end) {
			if (area->object == CORE_NONE && area->writable &&
			    area->start - end <= BREAK_DISTANCE)
				core->heap = area->start;
			return;
		}
		if (end || is_program)
			end = area->end;
	}
}

bool core_memory_finish(struct core *core)
{
	bool fits;

	if (core->area_count)
		qsort(core->areas, core->area_count, sizeof(*core->areas), by_start_of_area);
	if (core->range_count)
		qsort(core->ranges, core->range_count, sizeof(*core->ranges), by_start_of_range);
	for (size_t i = 0; i < core->area_count; i++)
		name_area(core, &core->areas[i]);
	fits = add_missing(core);
	if (core->area_count)
		qsort(core->areas, core->area_count, sizeof(*core->areas), by_start_of_area);
	core->program = find_program(core);
	find_heap(core);
	return fits;
}

void core_memory_free(struct core *core)
{
	if (core->object_descriptor >= 0)
		close(core->object_descriptor);
	free(core->areas);
	free(core->ranges);
	free(core->objects);
	free(core->file_list);
	free(core->program_path);
}

/* --- is a file still the one that was mapped? --------------------------------------- */

/* The part of its first page that the core has. */
static size_t read_first_page(const struct core *core, const struct core_object *object,
			      uint8_t page[CORE_PAGE])
{
	const struct core_area *area = area_at(core, core->area_count, object->start);
	size_t size;

	if (!area || area->start != object->start)
		return 0;
	size = area->size < CORE_PAGE ? area->size : CORE_PAGE;
	return core_parts_read(core, area->offset, page, size) ? size : 0;
}

static bool is_elf_head(const uint8_t *page, size_t size)
{
	return size >= SELFMAG && memcmp(page, ELFMAG, SELFMAG) == 0;
}

static bool is_before(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec != other->tv_sec ? one->tv_sec < other->tv_sec
					    : one->tv_nsec < other->tv_nsec;
}

static void find_code(struct core_object *object, int descriptor, const Elf64_Ehdr *header)
{
	Elf64_Phdr segment;

	for (uint64_t i = 0; object->is_elf && i < header->e_phnum; i++) {
		uint64_t place = header->e_phoff + i * sizeof(segment);

		if (place > INT64_MAX || pread(descriptor, &segment, sizeof(segment),
					       (off_t)place) != (ssize_t)sizeof(segment))
			return;
		if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X))
			continue;
		object->code_start = segment.p_offset;
		object->code_end = segment.p_offset + segment.p_filesz;
		return;
	}
}

static enum file_state compare_file(const struct core *core, struct core_object *object,
				    int descriptor)
{
	_Alignas(8) uint8_t then[CORE_PAGE], now[CORE_PAGE];
	size_t size = read_first_page(core, object, then);
	ssize_t length = pread(descriptor, now, sizeof(now), 0);
	struct stat status;

	if (length < 0 || fstat(descriptor, &status))
		return FILE_GONE;
	object->is_elf = size ? is_elf_head(then, size) : is_elf_head(now, (size_t)length);
	memset(now + length, 0, sizeof(now) - (size_t)length);
	find_code(object, descriptor, (const Elf64_Ehdr *)(const void *)now);
	object->inode = status.st_ino;
	object->major = major(status.st_dev);
	object->minor = minor(status.st_dev);
	if (!size)
		return is_before(&status.st_ctim, &core->written) ? FILE_SAME : FILE_CHANGED;
	/* Behind the end of a file, its last page is zeros. */
	return memcmp(then, now, size) == 0 ? FILE_SAME : FILE_CHANGED;
}

/* A path of the core's may lead to anything by now: a terminal, a pipe. */
static int open_regular(const char *path)
{
	struct stat status;
	int descriptor = path[0] == '/' && stat(path, &status) == 0 && S_ISREG(status.st_mode)
				 ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
				 : -1;

	if (descriptor >= 0 && (fstat(descriptor, &status) || !S_ISREG(status.st_mode))) {
		close(descriptor);
		return -1;
	}
	return descriptor;
}

static void ask_file(struct core *core, struct core_object *object)
{
	uint8_t page[CORE_PAGE];
	int descriptor;

	if (object->state != FILE_UNASKED)
		return;
	descriptor = open_regular(object->path);
	object->inode = UINT64_MAX;
	object->state = descriptor >= 0 ? compare_file(core, object, descriptor) : FILE_GONE;
	if (object->state == FILE_GONE)
		object->is_elf = is_elf_head(page, read_first_page(core, object, page));
	if (object->state != FILE_SAME)
		object->inode = UINT64_MAX;
	if (descriptor >= 0)
		close(descriptor);
}

bool core_memory_use_program(struct core *core, const char *path)
{
	const char *before;

	core->program_path = realpath(path, NULL);
	if (!core->program_path || core->program == CORE_NONE)
		return false;
	before = core->objects[core->program].path;
	for (size_t i = 0; i < core->object_count; i++)
		if (strcmp(core->objects[i].path, before) == 0)
			core->objects[i].path = core->program_path;
	ask_file(core, &core->objects[core->program]);
	return core->objects[core->program].state == FILE_SAME;
}

const char *core_memory_lost_file(struct core *core)
{
	for (size_t i = 0; i < core->object_count; i++) {
		struct core_object *object = &core->objects[i];

		ask_file(core, object);
		if (object->is_elf && object->state != FILE_SAME)
			return object->path;
	}
	return NULL;
}

/* --- reading --------------------------------------------------------------------------- */

/* Its descriptor, which stays open until another file is asked for. -1: its bytes are lost. */
static int object_descriptor(struct core *core, size_t index)
{
	struct core_object *object = &core->objects[index];

	ask_file(core, object);
	if (object->state != FILE_SAME || !object->is_elf)
		return -1;
	if (core->object_descriptor >= 0 && core->open_object == index)
		return core->object_descriptor;
	if (core->object_descriptor >= 0)
		close(core->object_descriptor);
	core->open_object = index;
	core->object_descriptor = open_regular(object->path);
	return core->object_descriptor;
}

static size_t read_some(int descriptor, uint64_t offset, void *to, size_t length)
{
	ssize_t result;

	if (descriptor < 0 || offset > INT64_MAX)
		return 0;
	do
		result = pread(descriptor, to, length, (off_t)offset);
	while (result < 0 && errno == EINTR);
	return result > 0 ? (size_t)result : 0;
}

static size_t least(uint64_t one, size_t other)
{
	return one < other ? (size_t)one : other;
}

static size_t read_from_area(struct core *core, const struct core_area *area, uint64_t address,
			     void *to, size_t capacity)
{
	uint64_t within = address - area->start;

	if (within < area->size)
		return read_some(core->descriptor, area->offset + within, to,
				 least(area->size - within, capacity));
	if (area->object == CORE_NONE || area->writable)
		return 0;
	return read_some(object_descriptor(core, area->object), area->file_offset + within, to,
			 least(area->end - address, capacity));
}

size_t core_memory_read(struct core *core, uint64_t address, void *to, size_t capacity)
{
	size_t done = 0, piece = 1;

	while (piece && done < capacity) {
		const struct core_area *area = area_at(core, core->area_count, address + done);

		piece = area ? read_from_area(core, area, address + done, (char *)to + done,
					      capacity - done)
			     : 0;
		done += piece;
	}
	return done;
}

/* --- as /proc/PID/maps has it ---------------------------------------------------------- */

static const char *mark_of(const struct core *core, const struct core_area *area)
{
	if (core->vdso && core->vdso >= area->start && core->vdso < area->end)
		return "[vdso]";
	if (core->heap && core->heap == area->start)
		return "[heap]";
	return core->random && core->random >= area->start && core->random < area->end ? "[stack]"
										       : "";
}

/* Mappings begin and end with pages. Where the file cannot tell, it may be code. */
static bool holds_code(const struct core_object *object, const struct core_area *area)
{
	if (object->state != FILE_SAME)
		return true;
	return area->file_offset < object->code_end &&
	       area->file_offset + (area->end - area->start) > object->code_start;
}

/* What is mapped of an ELF file is private. Of any other that can be written, a core does not say
 * whether others see what is written. */
static void describe(struct core *core, const struct core_area *area, struct mapping *mapping)
{
	struct core_object *object;

	*mapping = (struct mapping){.start = area->start,
				    .end = area->end,
				    .writable = area->writable,
				    .executable = area->executable};
	if (area->object == CORE_NONE) {
		snprintf(mapping->path, sizeof(mapping->path), "%s", mark_of(core, area));
		return;
	}
	object = &core->objects[area->object];
	ask_file(core, object);
	mapping->offset = area->file_offset;
	mapping->major = object->major;
	mapping->minor = object->minor;
	mapping->inode = object->inode;
	mapping->shared = area->writable && !object->is_elf;
	if (area->is_missing)
		mapping->executable = holds_code(object, area);
	/* The kernel says so of a file that is not at its path any more. */
	snprintf(mapping->path, sizeof(mapping->path), "%.1000s%s", object->path,
		 object->state == FILE_CHANGED && object->is_elf ? " (deleted)" : "");
}

bool core_memory_each(struct core *core, bool (*visit)(const struct mapping *mapping, void *data),
		      void *data)
{
	struct mapping mapping;

	for (size_t i = 0; i < core->area_count; i++) {
		describe(core, &core->areas[i], &mapping);
		if (!visit(&mapping, data))
			break;
	}
	return core->area_count > 0;
}
