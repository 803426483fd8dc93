/*
 * x86-64: constants, and what is expanded in place. arch.h says what each is for.
 */
#ifndef FORKCHECK_ARCH_X86_64_INLINE_H
#define FORKCHECK_ARCH_X86_64_INLINE_H

#include <elf.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>

#define ARCH_NAME "x86-64"

/* --- registers --------------------------------------------------------------- */

/* rbx, r12, r13, r14, r15 */
#define ARCH_SAVED_REGISTERS 5
#define ARCH_THREAD_BYTES    17152

#define CAPTURE_REGISTERS(registers)                                                               \
	__asm__ volatile("leaq 0(%%rip), %%rax\n\t"                                                \
			 "movq %%rax, 0(%0)\n\t"                                                   \
			 "movq %%rsp, 8(%0)\n\t"                                                   \
			 "movq %%rbp, 16(%0)\n\t"                                                  \
			 "movq %%rbx, 24(%0)\n\t"                                                  \
			 "movq %%r12, 32(%0)\n\t"                                                  \
			 "movq %%r13, 40(%0)\n\t"                                                  \
			 "movq %%r14, 48(%0)\n\t"                                                  \
			 "movq %%r15, 56(%0)"                                                      \
			 :                                                                         \
			 : "r"(registers)                                                          \
			 : "rax", "memory")

static inline void arch_interrupted(const void *context, uint64_t registers[])
{
	static const uint8_t order[] = {REG_RIP, REG_RSP, REG_RBP, REG_RBX,
					REG_R12, REG_R13, REG_R14, REG_R15};
	const ucontext_t *interrupted = context;

	for (size_t i = 0; i < sizeof(order); i++)
		registers[i] = (uint64_t)interrupted->uc_mcontext.gregs[order[i]];
}

static inline void arch_undo_call(uint64_t registers[], uint64_t top)
{
	registers[0] = top;
	registers[1] += sizeof(top);
}

/* The call has put it there. */
static inline bool arch_frame_returns_to(const uint8_t *frame, size_t length, const void *site)
{
	const void *at;

	memcpy(&at, frame + length - sizeof(at), sizeof(at));
	return at == site;
}

static inline bool arch_is_callers(uint64_t sp, uint64_t callers, bool is_return)
{
	(void)is_return;
	return callers > sp;
}

static inline uint64_t arch_code_address(uint64_t word)
{
	return word;
}

/* --- bytes ------------------------------------------------------------------- */

static inline void arch_copy(void *to, const void *from, size_t length)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
}

static inline void arch_fill(void *to, int byte, size_t length)
{
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(length) : "a"(byte) : "memory");
}

/* --- system calls ------------------------------------------------------------ */

static inline long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static inline int raw_open(const char *path, int flags)
{
	return (int)raw_call(SYS_open, (long)path, flags, 0, 0, 0, 0);
}

static inline int raw_stat(const char *path, struct stat *status)
{
	return (int)raw_call(SYS_stat, (long)path, (long)status, 0, 0, 0, 0);
}

static inline ssize_t raw_readlink(const char *path, char *to, size_t size)
{
	return raw_call(SYS_readlink, (long)path, (long)to, (long)size, 0, 0, 0);
}

static inline int raw_access(const char *path, int mode)
{
	return (int)raw_call(SYS_access, (long)path, mode, 0, 0, 0, 0);
}

#define ARCH_CALL_FORK       SYS_fork
#define ARCH_CALL_ALARM      SYS_alarm
#define ARCH_CALL_PAUSE      SYS_pause
#define ARCH_CALL_POLL       SYS_poll
#define ARCH_CALL_SELECT     SYS_select
#define ARCH_CALL_EPOLL_WAIT SYS_epoll_wait

/* As valgrind.h documents it; a real processor turns a register once around. */
static inline uint64_t arch_ask_valgrind(const volatile uint64_t request[6])
{
	uint64_t answer = 0;

	__asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "+d"(answer)
			 : "a"(request)
			 : "cc", "memory");
	return answer;
}

/* --- files ------------------------------------------------------------------- */

#define ARCH_ELF_MACHINE          EM_X86_64
#define ARCH_LOADER               "ld-linux-x86-64.so"
#define ARCH_DWARF_RETURN_ADDRESS 16
#define ARCH_DWARF_SIGNS          (-1)
#define ARCH_DWARF_LAST_REGISTER  16

/* --- glibc ------------------------------------------------------------------- */

/* A mutex has 40 bytes. */
#define ARCH_LOCK_SPREAD 0x9e3779b1u
/* The old one, of GLIBC_2.2.5, misreads every pthread_cond_t made today. */
#define ARCH_CONDITION_VERSION "GLIBC_2.3.2"

#define ARCH_UNLIMITED_STACK (2u << 20)

/* It is counted down from 1. */
static inline bool arch_spin_is_taken(int word)
{
	return word < 1;
}

/* The base of the segment fs, which the first word of libc's descriptor has, too. */
static inline uint64_t arch_thread_self(uint64_t pointer)
{
	return pointer;
}

/* Of struct pthread; the thread-specific data are in its first half. */
#define ARCH_DESCRIPTOR_BYTES 2304
/* Its header has 704 bytes, to which a list's two pointers are added: 2.4 to 2.43. */
#define ARCH_DESCRIPTOR_TID 720

/* It begins with its own address, and has that once more, behind the vector's. */
#define ARCH_DESCRIPTOR_WORDS 3

static inline bool arch_is_descriptor(const uint64_t words[ARCH_DESCRIPTOR_WORDS], uint64_t address)
{
	return words[0] == address && words[2] == address;
}

/* Variant II: the variables lie below the thread pointer, libc's descriptor from there on. */
static inline struct arch_range arch_tls_variables(uint64_t self, uint64_t reach)
{
	return (struct arch_range){self - reach, self};
}

static inline struct arch_range arch_tls_words(uint64_t self, uint64_t reach)
{
	return (struct arch_range){(self - reach) & ~UINT64_C(7), self + ARCH_DESCRIPTOR_BYTES};
}

static inline uint64_t arch_tls_vector(uint64_t self)
{
	return self + sizeof(uint64_t);
}

#endif
