/*
 * Call-frame information (.eh_frame) of an ELF file: which description covers
 * an address, whether libunwind may be shown it, and where a stack ends.
 */
#ifndef FORKCHECK_CFI_H
#define FORKCHECK_CFI_H

#include "elf.h"
#include <stddef.h>
#include <stdint.h>

struct cfi_index_entry {
	uint64_t start;       /* first address that is described */
	uint64_t description; /* address of the FDE */
};

struct cfi {
	uint64_t table; /* the sorted table of .eh_frame_hdr; 0: none that is usable */
	uint64_t table_base;
	uint64_t table_count;
	struct cfi_index_entry *index; /* where there is no table */
	size_t index_count;
};

enum cfi_verdict {
	CFI_NONE,      /* nothing describes the address, or nothing that is sound */
	CFI_CALLER,    /* tells where the caller is */
	CFI_OUTERMOST, /* says that there is no caller: _start, clone, a context start */
};

/* The description that was found; addresses are those in the file. */
struct cfi_frame {
	uint64_t start;
	uint64_t end;
	uint64_t description;
	bool has_signs; /* instructions that cfi_hide_signs() is for */
};

void cfi_init(struct cfi *cfi, struct elf_file *file);
void cfi_release(struct cfi *cfi);
enum cfi_verdict cfi_find(const struct cfi *cfi, struct elf_file *file, uint64_t address,
			  struct cfi_frame *frame);
/*
 * What libunwind shall see of a description that was found, at `address` in the file: without
 * instructions that say where return addresses are signed. It knows them from 1.7 on, and would
 * take the signature off itself; here it is off already (arch_code_address()).
 */
void cfi_hide_signs(struct elf_file *file, const struct cfi_frame *frame, uint64_t address,
		    uint64_t *word);

#endif
