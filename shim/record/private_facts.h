/*
 * What could wake this process from the outside: signal handlers and interval
 * timers. The kernel shows which signals are caught and not by whom, and shows
 * POSIX timers and not these; so the calls are noted in private memory, where
 * the CLI reads them from the outside. No log space, no system call.
 */
#ifndef FORKCHECK_RECORD_PRIVATE_FACTS_H
#define FORKCHECK_RECORD_PRIVATE_FACTS_H

#include "common/log_format.h"
#include "shim.h"
#include <sys/time.h>

/* In the constructor: timers survive exec, handlers do not. `objects`: objects_address(). */
void facts_start(uint64_t objects);
/* In a fork child: handlers are inherited, timers are not. */
void facts_in_child(void);
/* An interpreter, for the CLI to read from the outside too. NULL: there is none any more. */
void facts_note_python(const struct python_interpreter *interpreter);
/* The runtime of Go, once it is found. */
void facts_note_go(const struct go_runtime *runtime);
/* Where a struct session_threads is. */
void facts_note_threads(uint64_t address);
/* The calling thread gave something to an object that a lost thread had gone to wait for. */
void facts_note_handed(uint64_t key, uint64_t gave, uint64_t took);
/* A process is made that has the memory of this one, and goes on beside it. */
void facts_note_sharer(void);
/* Bytes go to a socket: a child that waits in between comes further. */
void facts_note_sent(void);
/* So many bytes go to a descriptor, by this use (see struct session_object). */
void facts_note_written(int descriptor, size_t length, uint64_t use);
/* A signal has a handler now, or another. Plain: neither SA_RESTART nor SA_NODEFER. */
void facts_note_handler(int signal, uintptr_t handler, bool is_plain);
/* Has the program set a handler for it, as far as is known? */
bool facts_has_handler(int signal);
/* A signal has a handler of the shim's, and none of the program's. */
void facts_note_own_handler(int signal, bool has);
/* An interval timer is set, or about to be. */
void facts_note_timer(int which, const struct itimerval *value);
/* Does this process catch a signal that somebody might send it? */
bool facts_catch_signals(void);
/* Where the CLI finds them. */
uint64_t facts_address(void);

#endif
