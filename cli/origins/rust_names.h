/* Names of Rust's functions, as a demangler writes them: of the older mangling and of v0. */
#ifndef FORKCHECK_RUST_NAMES_H
#define FORKCHECK_RUST_NAMES_H

#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * The crate that a function is in, in `function`: of "<a::B as c::D>::e" it is "a"; of a type
 * without a crate ("<T as c::D>::e", "<[u8] as c::D>::e") the trait's. NULL: it has none.
 */
const char *rust_crate(const char *function, size_t *length);

#endif
