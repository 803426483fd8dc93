/*
 * What the case programs and their expectations ask of the processor: instructions that C has
 * no words for, and calls that only the older architectures have by a number of their own.
 * Another architecture gives each of these names here.
 */
#ifndef CASE_MACHINE_H
#define CASE_MACHINE_H

#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>

/*
 *   FORK_CALL         what syscall() takes to fork, and FORK_CALL_NAME what a report calls it
 *   PAUSE_CALL        what it takes to sleep until a signal
 *   SYSTEM_CALL(result, number, five arguments)
 *                     the instruction of a system call, in place
 *   JUMP_TO(name)     to a function of a library, as assembly
 *   RELAX()           a spinning thread's breath
 *   READ_COUNTER()    the counter that time is told by
 */
#if defined __x86_64__

#define FORK_CALL      SYS_fork
#define FORK_CALL_NAME "syscall(SYS_fork)"
#define PAUSE_CALL     SYS_pause

#define SYSTEM_CALL(result, number, a, b, c, d, e)                                                 \
	do {                                                                                       \
		register long fourth __asm__("r10") = (d);                                         \
		register long fifth __asm__("r8") = (e);                                           \
                                                                                                   \
		__asm__ volatile("syscall"                                                         \
				 : "=a"(result)                                                    \
				 : "a"((long)(number)), "D"((long)(a)), "S"((long)(b)),            \
				   "d"((long)(c)), "r"(fourth), "r"(fifth)                         \
				 : "rcx", "r11", "memory");                                        \
	} while (0)
#define JUMP_TO(name)  "jmp " name "@PLT"
#define RELAX()        __builtin_ia32_pause()
#define READ_COUNTER() __builtin_ia32_rdtsc()

#elif defined __aarch64__

#define FORK_CALL      SYS_clone, SIGCHLD, 0L, 0L, 0L, 0L
#define FORK_CALL_NAME "syscall(SYS_clone)"
#define PAUSE_CALL     SYS_ppoll, NULL, 0, NULL, NULL, 0

#define SYSTEM_CALL(result, number, a, b, c, d, e)                                                 \
	do {                                                                                       \
		register long call __asm__("x8") = (number);                                       \
		register long first __asm__("x0") = (long)(a);                                     \
		register long second __asm__("x1") = (long)(b);                                    \
		register long third __asm__("x2") = (long)(c);                                     \
		register long fourth __asm__("x3") = (d);                                          \
		register long fifth __asm__("x4") = (e);                                           \
                                                                                                   \
		__asm__ volatile("svc 0"                                                           \
				 : "+r"(first)                                                     \
				 : "r"(call), "r"(second), "r"(third), "r"(fourth), "r"(fifth)     \
				 : "memory");                                                      \
		(result) = first;                                                                  \
	} while (0)
#define JUMP_TO(name) "b " name
#define RELAX()       __asm__ volatile("yield")
#define READ_COUNTER()                                                                             \
	({                                                                                         \
		unsigned long long count;                                                          \
		__asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));                              \
		count;                                                                             \
	})

#else
#error "tests/cases/machine.h does not know this architecture"
#endif

#endif
