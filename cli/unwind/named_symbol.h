/*
 * Where a process has what its files give a name to: addresses for names, and not the other way
 * round, without an address space of all its modules.
 */
#ifndef FORKCHECK_NAMED_SYMBOL_H
#define FORKCHECK_NAMED_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first mapping of an ELF file: who asks knows it from /proc/PID/maps, or from a core file. */
struct mapped_file {
	const char *path; /* to open it by: it may be one below /proc/PID */
	uint64_t start, offset;
	bool exported_only; /* .symtab is not read: a large one costs milliseconds */
};

/*
 * Fills `addresses` with those in the process of `count` symbols of code or data, 0 for each that
 * the file does not define. What the file exports is looked at first, then the rest. Returns how
 * many were found; the file may be anything.
 */
size_t named_symbol_find(const struct mapped_file *file, const char *const *names,
			 uint64_t *addresses, size_t count);

/*
 * Copies what the file has at such symbols: constants, which a core file may lack. `values` has
 * `size` bytes for each. False unless all of them are there.
 */
bool named_symbol_read(const struct mapped_file *file, const char *const *names, void *values,
		       size_t size, size_t count);

/*
 * The name that a shared object gives itself (DT_SONAME). False where it has none, or it does not
 * fit; the file may be anything.
 */
bool named_symbol_soname(const char *path, char *soname, size_t capacity);

#endif
