/*
 * The headers and bytes of an ELF file are read here. Every number that is read from the file
 * is checked before it is used: the file belongs to the target.
 */
#include "elf.h"
#include "shim/common/arch/arch.h"
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* O_NONBLOCK: the path may name a pipe by now, and opening that would wait. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

static int open_regular(const char *path, struct elf_identity *identity)
{
	struct stat status;

	/* Opening a device may already do something. */
	if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return -1;
	int descriptor = open(path, OPEN_FLAGS);
	if (descriptor < 0)
		return -1;
	if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
		close(descriptor);
		return -1;
	}
	*identity =
		(struct elf_identity){status.st_dev, status.st_ino, status.st_size, status.st_mtim};
	return descriptor;
}

static bool is_supported(Elf *elf)
{
	GElf_Ehdr header;

	return elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header) != NULL &&
	       header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
	       header.e_machine == ARCH_ELF_MACHINE &&
	       (header.e_type == ET_EXEC || header.e_type == ET_DYN);
}

static bool elf_is_sane(const GElf_Phdr *header)
{
	uint64_t end;

	/* The upper half of the address space is the kernel's. */
	return header->p_filesz <= header->p_memsz &&
	       !__builtin_add_overflow(header->p_vaddr, header->p_memsz, &end) &&
	       end <= INT64_MAX && header->p_offset <= INT64_MAX &&
	       header->p_filesz <= INT64_MAX - header->p_offset &&
	       (header->p_align & (header->p_align - 1)) == 0;
}

static bool add_segment(struct elf_file *file, const GElf_Phdr *header)
{
	if (!elf_is_sane(header))
		return false;
	file->segments[file->segment_count++] =
		(struct elf_segment){header->p_vaddr, header->p_offset, header->p_filesz,
				     header->p_memsz, header->p_align};
	if (header->p_vaddr < file->start)
		file->start = header->p_vaddr;
	if (header->p_vaddr + header->p_memsz > file->end)
		file->end = header->p_vaddr + header->p_memsz;
	return true;
}

static bool read_segments(struct elf_file *file)
{
	size_t count;

	/* libelf has checked the number of headers against the file's size. */
	if (elf_getphdrnum(file->elf, &count) != 0 || count == 0)
		return false;
	file->segments = calloc(count, sizeof(*file->segments));
	if (file->segments == NULL)
		return false;
	file->start = UINT64_MAX;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr header;

		if (i > INT32_MAX || gelf_getphdr(file->elf, (int)i, &header) == NULL)
			return false;
		if (header.p_type == PT_LOAD && !add_segment(file, &header))
			return false;
		if (header.p_type == PT_GNU_EH_FRAME)
			file->frame_header = header.p_vaddr;
	}
	return file->segment_count > 0 && file->start < file->end;
}

int elf_file_open(struct elf_file *file, const char *path)
{
	*file = (struct elf_file){.descriptor = -1};
	if (elf_version(EV_CURRENT) == EV_NONE)
		return -1;
	file->descriptor = open_regular(path, &file->identity);
	if (file->descriptor < 0)
		return -1;
	file->elf = elf_begin(file->descriptor, ELF_C_READ, NULL);
	if (file->elf == NULL || !is_supported(file->elf) || !read_segments(file)) {
		elf_file_close(file);
		return -1;
	}
	return 0;
}

void elf_file_close(struct elf_file *file)
{
	elf_end(file->elf);
	if (file->descriptor >= 0)
		close(file->descriptor);
	free(file->segments);
	free(file->pages);
	*file = (struct elf_file){.descriptor = -1};
}

int elf_identity_of(int descriptor, struct elf_identity *identity)
{
	struct stat status;

	if (fstat(descriptor, &status) != 0)
		return -1;
	*identity =
		(struct elf_identity){status.st_dev, status.st_ino, status.st_size, status.st_mtim};
	return 0;
}

bool elf_identity_equal(const struct elf_identity *a, const struct elf_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified.tv_sec == b->modified.tv_sec &&
	       a->modified.tv_nsec == b->modified.tv_nsec;
}

bool elf_file_build_id_equals(const struct elf_file *file, const uint8_t *build_id, size_t length)
{
	const void *own;
	ssize_t own_length = dwelf_elf_gnu_build_id(file->elf, &own);

	return own_length > 0 && (size_t)own_length == length && memcmp(own, build_id, length) == 0;
}

/* The page of the file that starts at `offset`, or NULL. */
static const struct elf_page *read_page(struct elf_file *file, uint64_t offset)
{
	if (file->pages == NULL)
		file->pages = calloc(ELF_PAGE_COUNT, sizeof(*file->pages));
	if (file->pages == NULL)
		return NULL;
	struct elf_page *page = &file->pages[offset / ELF_PAGE_SIZE % ELF_PAGE_COUNT];
	if (page->length > 0 && page->offset == offset)
		return page;
	ssize_t length = pread(file->descriptor, page->bytes, sizeof(page->bytes), (off_t)offset);
	page->offset = offset;
	page->length = length > 0 ? (size_t)length : 0;
	return page;
}

static size_t read_offset(struct elf_file *file, uint64_t offset, uint8_t *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		uint64_t start = offset + done;
		size_t skip = start % ELF_PAGE_SIZE;
		const struct elf_page *page = read_page(file, start - skip);

		if (page == NULL || page->length <= skip)
			break;
		size_t part = page->length - skip;
		if (part > size - done)
			part = size - done;
		memcpy(buffer + done, page->bytes + skip, part);
		done += part;
	}
	return done;
}

size_t elf_file_read(struct elf_file *file, uint64_t address, void *buffer, size_t size)
{
	for (size_t i = 0; i < file->segment_count; i++) {
		const struct elf_segment *segment = &file->segments[i];
		uint64_t skip = address - segment->address;

		if (address < segment->address || skip >= segment->file_size)
			continue;
		if (size > segment->file_size - skip)
			size = (size_t)(segment->file_size - skip);
		return read_offset(file, segment->offset + skip, buffer, size);
	}
	return 0;
}

uint64_t elf_file_frame_section(const struct elf_file *file)
{
	size_t names;
	Elf_Scn *section = NULL;

	if (elf_getshdrstrndx(file->elf, &names) != 0)
		return 0;
	while ((section = elf_nextscn(file->elf, section)) != NULL) {
		GElf_Shdr header;
		const char *name;

		if (gelf_getshdr(section, &header) == NULL || header.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(file->elf, names, header.sh_name);
		if (name != NULL && strcmp(name, ".eh_frame") == 0)
			return header.sh_addr;
	}
	return 0;
}
