/*
 * aarch64: constants, and what is expanded in place. arch.h says what each is for.
 */
#ifndef FORKCHECK_ARCH_AARCH64_INLINE_H
#define FORKCHECK_ARCH_AARCH64_INLINE_H

#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>

#define ARCH_NAME "aarch64"

/* --- registers --------------------------------------------------------------- */

/* x19 to x28, and x30, the link register */
#define ARCH_SAVED_REGISTERS 11
#define ARCH_THREAD_BYTES    20480

#define CAPTURE_REGISTERS(registers)                                                               \
	__asm__ volatile("adr x9, .\n\t"                                                           \
			 "mov x10, sp\n\t"                                                         \
			 "stp x9, x10, [%0, 0]\n\t"                                                \
			 "str x29, [%0, 16]\n\t"                                                   \
			 "stp x19, x20, [%0, 24]\n\t"                                              \
			 "stp x21, x22, [%0, 40]\n\t"                                              \
			 "stp x23, x24, [%0, 56]\n\t"                                              \
			 "stp x25, x26, [%0, 72]\n\t"                                              \
			 "stp x27, x28, [%0, 88]\n\t"                                              \
			 "str x30, [%0, 104]"                                                      \
			 :                                                                         \
			 : "r"(registers)                                                          \
			 : "x9", "x10", "memory")

static inline void arch_interrupted(const void *context, uint64_t registers[])
{
	const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;

	registers[0] = machine->pc;
	registers[1] = machine->sp;
	registers[2] = machine->regs[29];
	for (size_t i = 0; i < 10; i++)
		registers[3 + i] = machine->regs[19 + i];
	registers[13] = machine->regs[30];
}

static inline void arch_undo_call(uint64_t registers[], uint64_t top)
{
	(void)top;
	registers[0] = registers[13];
}

/* A function that calls nothing may need no stack: its caller's pointer is the same. */
static inline bool arch_is_callers(uint64_t sp, uint64_t callers, bool is_return)
{
	return callers > sp || (callers == sp && !is_return);
}

/*
 * A return address that is on the stack may be signed, in the bits that no address of a
 * program has; bit 55 says whose half of the address space it is in.
 */
static inline uint64_t arch_code_address(uint64_t word)
{
	return word & UINT64_C(1) << 55 ? word : word & ((UINT64_C(1) << 48) - 1);
}

/* The function has put it where its frame has room. */
static inline bool arch_frame_returns_to(const uint8_t *frame, size_t length, const void *site)
{
	const void *word;

	for (size_t at = 0; at + sizeof(word) <= length; at += sizeof(word)) {
		memcpy(&word, frame + at, sizeof(word));
		if ((const void *)(uintptr_t)arch_code_address((uintptr_t)word) == site)
			return true;
	}
	return false;
}

/* --- bytes ------------------------------------------------------------------- */

static inline void arch_copy(void *to, const void *from, size_t length)
{
	uint32_t byte;

	__asm__ volatile("cbz %2, 2f\n"
			 "1:\tldrb %w3, [%1], 1\n\t"
			 "strb %w3, [%0], 1\n\t"
			 "subs %2, %2, 1\n\t"
			 "b.ne 1b\n"
			 "2:"
			 : "+r"(to), "+r"(from), "+r"(length), "=&r"(byte)
			 :
			 : "cc", "memory");
}

static inline void arch_fill(void *to, int byte, size_t length)
{
	__asm__ volatile("cbz %1, 2f\n"
			 "1:\tstrb %w2, [%0], 1\n\t"
			 "subs %1, %1, 1\n\t"
			 "b.ne 1b\n"
			 "2:"
			 : "+r"(to), "+r"(length)
			 : "r"(byte)
			 : "cc", "memory");
}

/* --- system calls ------------------------------------------------------------ */

static inline long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static inline int raw_open(const char *path, int flags)
{
	return (int)raw_call(SYS_openat, AT_FDCWD, (long)path, flags, 0, 0, 0);
}

static inline int raw_stat(const char *path, struct stat *status)
{
	return (int)raw_call(SYS_newfstatat, AT_FDCWD, (long)path, (long)status, 0, 0, 0);
}

static inline ssize_t raw_readlink(const char *path, char *to, size_t size)
{
	return raw_call(SYS_readlinkat, AT_FDCWD, (long)path, (long)to, (long)size, 0, 0);
}

static inline int raw_access(const char *path, int mode)
{
	return (int)raw_call(SYS_faccessat, AT_FDCWD, (long)path, mode, 0, 0, 0);
}

#define ARCH_CALL_FORK       (-2)
#define ARCH_CALL_ALARM      (-3)
#define ARCH_CALL_PAUSE      (-4)
#define ARCH_CALL_POLL       (-5)
#define ARCH_CALL_SELECT     (-6)
#define ARCH_CALL_EPOLL_WAIT (-7)

/* As valgrind.h documents it; a real processor turns a register once around. */
static inline uint64_t arch_ask_valgrind(const volatile uint64_t request[6])
{
	register uint64_t answer __asm__("x3") = 0;
	register const volatile uint64_t *arguments __asm__("x4") = request;

	__asm__ volatile("ror x12, x12, 3\n\tror x12, x12, 13\n\t"
			 "ror x12, x12, 51\n\tror x12, x12, 61\n\t"
			 "orr x10, x10, x10"
			 : "+r"(answer)
			 : "r"(arguments)
			 : "cc", "memory");
	return answer;
}

/* --- files ------------------------------------------------------------------- */

#define ARCH_ELF_MACHINE          EM_AARCH64
#define ARCH_LOADER               "ld-linux-aarch64.so"
#define ARCH_DWARF_RETURN_ADDRESS 30
#define ARCH_DWARF_SIGNS          0x2d /* DW_CFA_AARCH64_negate_ra_state */
#define ARCH_DWARF_LAST_REGISTER  95

/* --- glibc ------------------------------------------------------------------- */

/* A mutex has 48 bytes: 15 of 16 neighbours differ, with 0x9e3779b1 6 did. */
#define ARCH_LOCK_SPREAD       0x61e1e80du
#define ARCH_CONDITION_VERSION ""
#define ARCH_UNLIMITED_STACK   (2u << 20)

static inline bool arch_spin_is_taken(int word)
{
	return word != 0;
}

/*
 * Of struct pthread, which ends at the thread pointer: 1856 in glibc 2.36, 1824 in 2.41. This
 * program's own is right for a process with the same libc.
 */
static inline uint64_t arch_descriptor_bytes(void)
{
	return (uint64_t)(uintptr_t)__builtin_thread_pointer() - (uint64_t)pthread_self();
}

/* Behind 24 words of padding and a list's two pointers. */
#define ARCH_DESCRIPTOR_TID 208
/* What the thread pointer points to; its first word is the vector's address. */
#define ARCH_HEADER_BYTES 16

/*
 * It does not have its own address, but its list of robust mutexes, which ends where it begins
 * and is empty in most threads: a way backwards, and one forwards.
 */
#define ARCH_DESCRIPTOR_WORDS 29
#define ARCH_ROBUST_BACK      27
#define ARCH_ROBUST_HEAD      28

static inline bool arch_is_descriptor(const uint64_t words[ARCH_DESCRIPTOR_WORDS], uint64_t address)
{
	uint64_t head = address + ARCH_ROBUST_HEAD * sizeof(*words);

	return words[ARCH_ROBUST_BACK] == head && words[ARCH_ROBUST_HEAD] == head;
}

static inline uint64_t arch_thread_self(uint64_t pointer)
{
	return pointer - arch_descriptor_bytes();
}

static inline uint64_t arch_tls_vector(uint64_t self)
{
	return self + arch_descriptor_bytes();
}

/* Variant I: the variables lie above the thread pointer, libc's descriptor below. */
static inline struct arch_range arch_tls_variables(uint64_t self, uint64_t reach)
{
	uint64_t start = self + arch_descriptor_bytes() + ARCH_HEADER_BYTES;

	return (struct arch_range){start, start + reach};
}

static inline struct arch_range arch_tls_words(uint64_t self, uint64_t reach)
{
	return (struct arch_range){self, arch_tls_variables(self, reach).end};
}

#endif
