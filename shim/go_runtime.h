/*
 * The runtime of Go among the loaded objects, by a function that it exports to C: in a
 * program that cgo has a part in, or in a shared library that was written in Go.
 */
#ifndef FORKCHECK_GO_RUNTIME_H
#define FORKCHECK_GO_RUNTIME_H

#include "session.h"
#include "shim.h"

/* In the constructor: looks at all objects that are there. */
void go_runtime_start(void);
/* Looks at what came by dlopen() since the last time. */
void go_runtime_renew(void);

/* Where the goroutine stands that called C in a thread of this process, or, in a fork child,
 * of its parent. False: there is none. The bytes can be read plainly. */
bool go_runtime_stack(uint64_t thread, struct other_stack *other);

#endif
