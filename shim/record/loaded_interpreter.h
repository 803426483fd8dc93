/*
 * The interpreter of CPython among the loaded objects. It may come by dlopen() and
 * go by dlclose(): who asks for it has it looked for anew, where threads are created
 * and before a fork. A lock or a wait never does.
 */
#ifndef FORKCHECK_RECORD_LOADED_INTERPRETER_H
#define FORKCHECK_RECORD_LOADED_INTERPRETER_H

#include "common/log_format.h"
#include "shim.h"
#include <link.h>

/* Never changes once it was found, but for what was proven of it. */
struct interpreter {
	struct python_interpreter symbols;
	/* The object that exports them. */
	uintptr_t bias, dynamic;
	bool is_permanent; /* it came with the program, and is never unloaded */
	/* A thread's frames were read, and everything was what it must be. */
	_Atomic bool layout_is_proven;
	/* So were the collector's lists. */
	_Atomic bool collector_is_proven;
	/* By which a thread lets go of its lock and takes it back, in runs of --confirm; 0 else. */
	struct interpreter_switch {
		uintptr_t save_thread, restore_thread;
		uintptr_t get_thread, is_finalizing; /* by their names of this version */
	} switching;
};

/* In the constructor: looks at all objects that are there. */
void interpreter_start(void);
/* The same, with the loader's list, or another one. */
void interpreter_start_at(const struct r_debug *list);

/* Looks again if objects have come or gone since the last time. In a process with other
 * threads, which may load and unload: then it may not be found this time. */
void interpreter_renew(void);

/* In a fork child: whoever was looking in the parent is not here. */
void interpreter_in_child(void);

/* NULL: there is none. */
struct interpreter *interpreter_loaded(void);

#endif
