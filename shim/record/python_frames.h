/*
 * What an interpreter of CPython in this process is doing. Reads memory; never
 * calls the interpreter, which would run Python code, raise, or wait.
 */
#ifndef FORKCHECK_RECORD_PYTHON_FRAMES_H
#define FORKCHECK_RECORD_PYTHON_FRAMES_H

#include "common/log_format.h"
#include "common/python/cpython.h"
#include "log/kept_facts.h"
#include "shim.h"

struct thread;

/*
 * The frames of a thread as a PYTHON fact that is kept; 0: there is no
 * interpreter, or it runs nothing there. `sp` is the stack pointer of the
 * native stack that the frames belong to; 0: there is none to relate them to.
 */
kept_fact python_capture(struct thread *thread, uintptr_t sp);
/* The same for a thread that creates another, and that one's name where it is one
 * of Python's ("" where not). Without depths: native stacks are kept by call site. */
kept_fact python_capture_creation(struct thread *creator, char name[SESSION_PYTHON_NAME]);
/* The same in a fork child, for a thread that it does not have. */
kept_fact python_capture_lost(const struct thread *thread, uintptr_t sp);

/*
 * Calls `visit` with the files that have bytes to write, of those that can be found
 * at the price of a fork (see python_each_file). Only where the thread has the
 * interpreter's lock, as of its last python_capture().
 */
void python_each_waiting_file(const struct thread *thread,
			      void (*visit)(const struct python_file *file, void *data),
			      void *data);
/* The queue into which the thread has just put something, by its last python_capture(); `lock`
 * is what it gives back for that. False: none is known. */
bool python_queue_of(const struct thread *thread, const void *lock, struct python_queue *queue);
/* How much is in it now; 0: nothing, or it is not known. */
uint64_t python_queue_left(const struct python_queue *queue);
/* A file as it is now, whoever has the lock. False where it is gone, or nothing waits. */
bool python_still_waits(const struct python_file *known, struct python_file *now);

/*
 * Where the calling thread takes a lock, for a record of which there may be thousands: its stack,
 * and what it runs of Python. Around an interpreter's own lock that is 6 KiB of little else than
 * itself, no two alike: the innermost part is enough, for the frames of Python say the rest.
 */
void python_capture_place(struct thread *thread, enum lock_kind kind, struct call_site site,
			  session_reference *stack, session_reference *python);

/* Where in code of Python the calling thread is, in one word; 0: nowhere, or not to be read. */
uint64_t python_line(struct thread *thread);

#endif
