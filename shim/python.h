/*
 * What an interpreter of CPython in this process is doing. Reads memory; never
 * calls the interpreter, which would run Python code, raise, or wait.
 */
#ifndef FORKCHECK_SHIM_PYTHON_H
#define FORKCHECK_SHIM_PYTHON_H

#include "session.h"
#include "shim.h"

struct thread;

/*
 * A PYTHON record of the frames of a thread (interned); 0: there is no
 * interpreter, or it runs nothing there. `sp` is the stack pointer of the
 * native stack that the frames belong to; 0: there is none to relate them to.
 */
session_reference python_capture(struct thread *thread, uintptr_t sp);
/* The same for a thread that creates another, and that one's name where it is one
 * of Python's ("" where not). Without depths: native stacks are kept by call site. */
session_reference python_capture_creation(struct thread *creator, char name[SESSION_PYTHON_NAME]);
/* The same in a fork child, for a thread that it does not have. */
session_reference python_capture_lost(const struct thread *thread, uintptr_t sp);

#endif
