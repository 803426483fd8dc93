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

/*
 * Does it look like Rust's: "<a::B>::c", "a::b::<C>", "{closure#0}", a hash at its end? Most names
 * of Rust's do not, and are as they should be.
 */
bool rust_is_name(const char *function);

/*
 * The path of a function as its source has it, without type arguments, hashes and numbers:
 * "<a::B<C> as d::E>::f::<G>::{closure#0}" is "a::B::f::{closure}". What cannot be read as a
 * name of Rust's is given back.
 */
const char *rust_plain(struct arena *arena, const char *function);

/* The dash before the version in "rayon-core-1.13.0/..."; NULL: it has none. */
const char *rust_version_dash(const char *directory);

#endif
