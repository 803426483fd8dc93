/*
 * All that forkcheck knows of one processor: its registers, instructions and system calls,
 * and what glibc, the loader and compilers do on it alone. A folder for each architecture;
 * nothing outside of them names such a thing (tests/arch-fence).
 *
 * An architecture gives, under its name of `cc -dumpmachine`:
 *
 *   NAME/inline.h   constants, and what has to be expanded in place; for both programs
 *   NAME/go_code.c  for both programs
 *   NAME/cli/ *.c   what only the CLI asks
 *
 * What each has to say stands here, above its declaration, and above its name for what
 * inline.h brings. What is in no such folder is right for a little-endian machine with 64
 * bits, pages of 4096 bytes, and frame pointers that point at the caller's and the return
 * address.
 */
#ifndef FORKCHECK_COMMON_ARCH_H
#define FORKCHECK_COMMON_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* From `start` to before `end`. */
struct arch_range {
	uint64_t start, end;
};

#if defined __x86_64__
#include "x86_64/inline.h"
#elif defined __aarch64__
#include "aarch64/inline.h"
#else
#error "shim/common/arch has no folder for this architecture"
#endif

/*
 * inline.h: what the architecture is called in a report.
 *
 *   ARCH_NAME
 *
 * Registers. The log has them as `struct stack_registers`.
 *
 *   ARCH_SAVED_REGISTERS            how many a function gives back as it found them, besides
 *                                   the stack and frame pointers; with the link register,
 *                                   where a return address is not always on the stack
 *   CAPTURE_REGISTERS(registers)    all of struct stack_registers, at one place: the
 *                                   unwinder starts in the function that expands it
 *   ARCH_THREAD_BYTES               the most that a thread may cost: dozens of captures
 *   arch_frame_returns_to(frame, length, site)
 *                                   is `site` the return address of the frame whose bytes
 *                                   these are, from its stack pointer up to its caller's?
 *
 *   arch_is_callers(sp, callers, is_return)
 *                                   can a frame with the stack pointer `callers` have called one
 *                                   with `sp`, which has called another itself (`is_return`)?
 *   arch_code_address(word)         of a return address as it was found: where it leads to,
 *                                   without what guards it against being overwritten. Any other
 *                                   word may become any other
 *   arch_interrupted(context, registers)
 *                                   the words of struct stack_registers, as a signal handler
 *                                   is told them by its third argument
 *   arch_undo_call(registers, top)  who called what these words are the very beginning of;
 *                                   `top` is the word at the stack pointer
 *
 * Bytes: without a call, and no compiler or sanitizer sees more than an instruction.
 *
 *   arch_copy(to, from, length)     forwards
 *   arch_fill(to, byte, length)
 *
 * System calls (raw.h).
 *
 *   raw_call(number, six arguments) what the kernel says; errno is not touched
 *   raw_open(path, flags), raw_stat(path, status), raw_readlink(path, to, size),
 *   raw_access(path, mode)          by these calls where the kernel has them, else by those
 *                                   that also take a directory; 0 or a negative error
 *   ARCH_CALL_FORK, _ALARM, _PAUSE, _POLL, _SELECT, _EPOLL_WAIT
 *                                   numbers of calls that later kernels' architectures lack:
 *                                   there each is another number below -1, which no call has
 *   arch_ask_valgrind(request)      0 on a real processor
 *
 * Files.
 *
 *   ARCH_ELF_MACHINE                e_machine
 *   ARCH_LOADER                     how the name of glibc's loader begins
 *   ARCH_DWARF_RETURN_ADDRESS       column of the return address in .eh_frame
 *   ARCH_DWARF_SIGNS                the instruction there, without operands, that says from where
 *                                   on return addresses are guarded (arch_code_address()); -1
 *   ARCH_DWARF_LAST_REGISTER        the highest column that libunwind has room for
 *
 * glibc.
 *
 *   ARCH_LOCK_SPREAD                odd; what the upper bits of the product of an address and it
 *                                   are differs for mutexes that are neighbours in an array
 *   ARCH_CONDITION_VERSION          of the condition variables of today; "": there are no others
 *   arch_spin_is_taken(word)        of a pthread_spinlock_t
 *   ARCH_UNLIMITED_STACK            bytes that a thread gets where RLIMIT_STACK is unlimited
 *   arch_thread_self(pointer)       pthread_self() of the thread with this thread pointer
 *   arch_is_descriptor(words, address)
 *                                   do ARCH_DESCRIPTOR_WORDS words, read from an address, look
 *                                   like the start of libc's descriptor of a thread?
 *   ARCH_DESCRIPTOR_TID             where libc's descriptor of a thread has the thread's number
 *   arch_tls_variables(self, reach) where the variables of the modules of the start are, of
 *                                   which `reach` bytes are known at the most
 *   arch_tls_words(self, reach)     these and libc's descriptor with the thread-specific data
 *   arch_tls_vector(self)           where the address of the vector of the other modules is
 */

/* At the capture of a stack. Part of the log's format; the layout is CAPTURE_REGISTERS()'s. */
struct stack_registers {
	uint64_t pc, sp, fp;
	uint64_t saved[ARCH_SAVED_REGISTERS];
};
_Static_assert(offsetof(struct stack_registers, sp) == 8 &&
		       offsetof(struct stack_registers, fp) == 16 &&
		       offsetof(struct stack_registers, saved) == 24,
	       "as CAPTURE_REGISTERS() writes them");

struct go_runtime;
struct goroutine_reader;

/*
 * go_code.c: reads the code of Go's _cgo_topofstack(), which loads one after the other the
 * scheduler's goroutine of the thread, its machine, that machine's goroutine, and the upper
 * end of its stack. Fills in where each is, and `high`, the last distance. False: the code is
 * not as it is known to be.
 */
bool arch_read_go_code(struct go_runtime *runtime, const struct goroutine_reader *reader,
		       uint64_t function, int32_t *high);

/* --- for the CLI alone --------------------------------------------------------- */

/* Of a task that ptrace holds. */
struct task_registers {
	struct stack_registers stack;
	long call; /* number of the system call that it is in, or that it makes again */
	uint64_t first_argument;
	uint64_t self; /* pthread_self(); 0: not known */
};

/* task_registers.c: false where the kernel does not say. */
bool arch_read_task(pid_t tid, struct task_registers *registers);

/* Of a task in a core file: it was stopped on its way out of the kernel. */
struct core_registers {
	struct task_registers task; /* `call`: of the call that a stop interrupted; -1: none */
	uint64_t arguments[6];      /* of that call */
};

struct code_reader;

/* From the elf_gregset_t of a note NT_PRSTATUS. `self` may stand in another note. */
void arch_core_registers(const void *set, struct core_registers *registers);
/* What another note that belongs to the same task adds to them. */
void arch_core_note(struct core_registers *registers, uint32_t type, const void *bytes,
		    size_t length);
/* Is the task in that call, as its code says, too? */
bool arch_core_is_in_call(const struct core_registers *registers, const struct code_reader *reader);

/*
 * unwind_registers.c: which of the registers is libunwind's `number`, a unw_regnum_t. NULL:
 * none, that one was not captured.
 */
const uint64_t *arch_unwind_register(const struct stack_registers *registers, int number);
/* libunwind's number of the frame pointer. */
int arch_unwind_frame_pointer(void);

/* Code of a process. Reads all of the bytes, or returns false. */
struct code_reader {
	bool (*read)(const struct code_reader *reader, uint64_t address, void *to, size_t length);
};

/* call_code.c. Where the call before a return address goes to; false: that is not in the code. */
bool arch_call_target(const struct code_reader *reader, uint64_t return_address, uint64_t *target);
/* The word of memory that the call before a return address takes its target from. */
bool arch_call_slot(const struct code_reader *reader, uint64_t return_address, uint64_t *slot);
/* The word that the stub of a PLT takes its target from. */
bool arch_stub_slot(const struct code_reader *reader, uint64_t stub, uint64_t *slot);

#endif
