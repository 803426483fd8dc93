/*
 * One unwinder for stacks that were captured and, behind the same interface,
 * for stacks of live processes: registers, a memory source, an address space.
 *
 * libunwind walks; libdw and libiberty name. No function here trusts the
 * memory or the ELF files that it reads.
 */
#ifndef FORKCHECK_UNWIND_H
#define FORKCHECK_UNWIND_H

#include "base/arena.h"
#include "frame.h"
#include "shim/common/log_format.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one process has mapped: the modules of the loader's list. */
struct address_space;

/* Files that several address spaces have in common. */
struct images;
struct images *images_new(void);
/* After all address spaces that use them. */
void images_free(struct images *images);

/* Whether a file is the shim: the one at `shim_path`, or, where that is NULL, any of its name. */
bool unwind_is_shim(const char *shim_path, const char *path);

/* Frames of the shim are never shown. `images` outlives it; NULL: it has files of its own. */
struct address_space *address_space_new(const char *shim_path, struct images *images);
void address_space_free(struct address_space *space);
/* Where the files of a process are that has others mounted than this one. */
struct file_root {
	const char *path; /* a folder that they are opened below; NULL: by their own names */
	const char *name; /* what names begin with that the folder is called there; "": nothing */
};
/* Files that are added from now on are opened there, and keep the names that they have. */
void address_space_set_root(struct address_space *space, const struct file_root *root);
/*
 * Adds an ELF file at a load bias (0 for a non-PIE program). `build_id` (NULL
 * or empty: not known) is compared with the file's: a file that was replaced
 * is used for nothing but its name. Later additions win where ranges overlap.
 * Returns 0, or -1 when the file cannot be read as ELF; its frames then carry
 * the path and an offset only.
 */
int address_space_add(struct address_space *space, const char *path, uint64_t bias,
		      const uint8_t *build_id, size_t build_id_length);

/* The path of the module that an address is in, the space's; NULL: none is known.
 * Cheap: nothing is read. */
const char *space_module_path(struct address_space *space, uint64_t address);

/*
 * Memory as the unwinder sees it: pieces in order of preference. The callback
 * reads 8 aligned bytes; returns 0, or -1 where there is nothing.
 */
struct memory {
	int (*read)(const struct memory *memory, uint64_t address, uint64_t *value);
	/* Are the two addresses in pieces of their own? NULL: there is only one. */
	bool (*is_apart)(const struct memory *memory, uint64_t one, uint64_t other);
};

/* Up to four captured ranges; the first that contains the address is read. */
struct memory_range {
	uint64_t address;
	const uint8_t *bytes;
	size_t length;
};
struct captured_memory {
	struct memory memory;
	struct memory_range ranges[4];
	size_t count;
};
void captured_memory_init(struct captured_memory *captured);
/* False when four are there already. The bytes stay the caller's. */
bool captured_memory_add(struct captured_memory *captured, uint64_t address, const uint8_t *bytes,
			 size_t length);

struct unwind_limits {
	size_t max_frames; /* 0: 128 */
};

/*
 * Walks from `registers` and symbolizes: inlined functions get frames of
 * their own. Frames of the shim are left out wherever they stand. Registers
 * are those of a call's inside (pc may be a return address: `pc_is_return`),
 * so lines are looked up at pc - 1 where the pc is a return address.
 */
struct frames unwind_stack(struct address_space *space, struct arena *arena,
			   const struct stack_registers *registers, bool pc_is_return,
			   const struct memory *memory);

/* Only the return addresses, for comparing two walks. Returns their number. */
size_t unwind_addresses(struct address_space *space, const struct stack_registers *registers,
			const struct memory *memory, uint64_t *addresses, size_t capacity,
			bool *complete);

/*
 * Does the call before `return_address` lead into the function that contains
 * `pc`? Direct calls can be told; through a PLT, a register or memory cannot.
 */
enum call_target { CALL_UNKNOWN, CALL_LEADS, CALL_DIFFERS };
enum call_target unwind_call_leads_to(struct address_space *space, uint64_t return_address,
				      uint64_t pc);

/*
 * The name of the function that the call before `return_address` was made to,
 * as the caller knows it: a tail call or a stripped library hides it from the
 * stack. NULL where the call cannot be read (through a register, say).
 */
const char *unwind_called_function(struct address_space *space, struct arena *arena,
				   uint64_t return_address);

/* Is the caller a function of Rust, by its name in a symbol table? */
bool unwind_is_rust(struct address_space *space, uint64_t return_address);

/*
 * The function that was called there, if it is of another module than the `pc` that
 * the walk found inside of the call: it went on by a jump and has left no frame.
 */
bool unwind_jumped_through(struct address_space *space, struct arena *arena,
			   uint64_t return_address, uint64_t pc, struct frame *through);

/* One code address. Inlined functions yield several frames. */
struct frames symbolize_code(struct address_space *space, struct arena *arena, uint64_t pc,
			     bool is_return);

/* The data symbol that covers an address: `name`, or `name+0x18` inside a larger object. */
struct data_symbol {
	const char *name;   /* NULL: no symbol */
	const char *module; /* path; NULL: not in a module */
	uint64_t offset;    /* from the module's load bias */
};
struct data_symbol symbolize_data(struct address_space *space, struct arena *arena,
				  uint64_t address);

#endif
