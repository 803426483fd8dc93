/*
 * The runtime of Go among the loaded objects, by a function that it exports to C: in a
 * program that cgo has a part in, or in a shared library that was written in Go.
 */
#ifndef FORKCHECK_STATE_GO_RUNTIME_H
#define FORKCHECK_STATE_GO_RUNTIME_H

#include "common/log_format.h"
#include "shim.h"

/* In the constructor: looks at all objects that are there. True: there is one. */
bool go_runtime_start(void);
/* Looks at what came by dlopen() since the last time. True: one is found now. */
bool go_runtime_renew(void);
/* In a fork child: nobody is at it. */
void go_runtime_in_child(void);
/* What was found. */
const struct go_runtime *go_runtime_known(void);

/* Where the goroutine stands that called C in a thread of this process, or, in a fork child,
 * of its parent. False: there is none. The bytes can be read plainly. */
bool go_runtime_stack(uint64_t thread, struct other_stack *other);

#endif
