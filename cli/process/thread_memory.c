/*
 * A thread's own variables are where glibc has them: those of the modules of the start lie beside
 * the thread pointer (arch.h says where), those of the others are where the thread's vector says.
 */
#include "thread_memory.h"
#include "memory_map.h"
#include "shim/common/arch/arch.h"
#include "stop.h"
#include <elf.h>
#include <string.h>

/* More than any program has; what is read may be damaged. */
#define HEADERS_MAX 64
#define SHARE_MAX   65536u
#define VECTOR_MAX  1024u
#define CHUNK_WORDS 64

struct vector_entry {
	uint64_t start; /* UINT64_MAX: not made yet */
	uint64_t to_free;
};

bool thread_memory_read(pid_t pid, uint64_t address, uint64_t *value)
{
	return stop_read(pid, address, value, sizeof(*value)) == sizeof(*value);
}

static void add_share(struct thread_memory *memory, const Elf64_Phdr *header)
{
	if (header->p_type != PT_TLS || header->p_memsz > SHARE_MAX || header->p_align > SHARE_MAX)
		return;
	memory->reach += header->p_memsz + header->p_align;
	if (header->p_memsz > memory->largest)
		memory->largest = header->p_memsz;
}

static bool read_headers(const struct mapping *mapping, void *data)
{
	struct thread_memory *memory = data;
	Elf64_Phdr headers[HEADERS_MAX];
	Elf64_Ehdr head;
	size_t size;

	if (mapping->offset || mapping->shared || mapping->path[0] != '/' ||
	    stop_read(memory->pid, mapping->start, &head, sizeof(head)) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_phnum > HEADERS_MAX ||
	    head.e_phentsize != sizeof(*headers))
		return true;
	size = head.e_phnum * sizeof(*headers);
	if (stop_read(memory->pid, mapping->start + head.e_phoff, headers, size) != size)
		return true;
	for (size_t i = 0; i < head.e_phnum; i++)
		add_share(memory, &headers[i]);
	return memory->reach < SHARE_MAX;
}

bool thread_memory_find(struct thread_memory *memory, pid_t pid, uint64_t self)
{
	*memory = (struct thread_memory){.pid = pid, .self = self};
	/* A program may set it to anything; the upper half of the address space is the kernel's. */
	return self <= INT64_MAX && maps_each(pid, read_headers, memory) && memory->reach &&
	       memory->reach < SHARE_MAX && self > memory->reach;
}

static bool is_in_vector(const struct thread_memory *memory, uint64_t address)
{
	struct vector_entry entries[CHUNK_WORDS];
	uint64_t vector, count;

	if (!thread_memory_read(memory->pid, arch_tls_vector(memory->self), &vector) ||
	    !thread_memory_read(memory->pid, vector - sizeof(*entries), &count) ||
	    count > VECTOR_MAX)
		return false;
	for (uint64_t i = 1; i <= count; i += CHUNK_WORDS) {
		size_t got = stop_read(memory->pid, vector + i * sizeof(*entries), entries,
				       sizeof(entries)) /
			     sizeof(*entries);

		for (size_t k = 0; k < got && i + k <= count; k++)
			if (address >= entries[k].start &&
			    address - entries[k].start < memory->largest)
				return true;
	}
	return false;
}

bool thread_memory_has(const struct thread_memory *memory, uint64_t address)
{
	struct arch_range near = arch_tls_variables(memory->self, memory->reach);

	return address - near.start < near.end - near.start || is_in_vector(memory, address);
}

void thread_memory_each(const struct thread_memory *memory,
			void (*visit)(uint64_t value, void *data), void *data)
{
	uint64_t words[CHUNK_WORDS];
	struct arch_range range = arch_tls_words(memory->self, memory->reach);

	for (uint64_t at = range.start; at < range.end; at += sizeof(words)) {
		size_t got = stop_read(memory->pid, at, words, sizeof(words)) / sizeof(*words);

		for (size_t i = 0; i < got; i++)
			visit(words[i], data);
	}
}
