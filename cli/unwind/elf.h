/*
 * An ELF file of the target, read with pread: never mapped, because a file
 * that somebody truncates while we look at it would then kill us (SIGBUS).
 *
 * Addresses in here are those in the file; add the load bias for those in the
 * process.
 */
#ifndef FORKCHECK_ELF_H
#define FORKCHECK_ELF_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* A PT_LOAD segment. */
struct elf_segment {
	uint64_t address;
	uint64_t offset;
	uint64_t file_size;
	uint64_t memory_size;
	uint64_t alignment;
};

/* Tells whether a path still leads to the same file. */
struct elf_identity {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
};

#define ELF_PAGE_SIZE  4096
#define ELF_PAGE_COUNT 16

struct elf_page {
	uint64_t offset; /* in the file */
	size_t length;   /* bytes that the file has there; 0: the slot is empty */
	uint8_t bytes[ELF_PAGE_SIZE];
};

struct elf_file {
	int descriptor;
	Elf *elf;
	struct elf_identity identity;
	struct elf_segment *segments;
	size_t segment_count; /* at least 1 */
	uint64_t start;       /* the extent of the segments */
	uint64_t end;
	uint64_t frame_header;  /* .eh_frame_hdr; 0: none */
	struct elf_page *pages; /* direct-mapped: tables are searched a few bytes at a time */
};

/*
 * Opens an executable or shared object for this architecture and validates its headers.
 * Returns 0, or -1 with nothing left to close.
 */
int elf_file_open(struct elf_file *file, const char *path);
void elf_file_close(struct elf_file *file);

/* Of an open file. Returns 0, or -1 with errno. */
int elf_identity_of(int descriptor, struct elf_identity *identity);
bool elf_identity_equal(const struct elf_identity *a, const struct elf_identity *b);
bool elf_file_build_id_equals(const struct elf_file *file, const uint8_t *build_id, size_t length);

/* Reads up to `size` bytes of a segment's file part. Returns how many there were. */
size_t elf_file_read(struct elf_file *file, uint64_t address, void *buffer, size_t size);

/* The address of the section .eh_frame; 0: none. */
uint64_t elf_file_frame_section(const struct elf_file *file);

#endif
