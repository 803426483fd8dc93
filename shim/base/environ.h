/*
 * What the next program must find in its environment so that the shim is in it
 * too: LD_PRELOAD with our object, and the path of the session.
 *
 * A program may start another one with a clean environment, or with an
 * LD_PRELOAD of its own. The environment that is passed on is then built anew
 * on the caller's stack: between fork and exec nothing may be allocated, and a
 * vfork child must change nothing of its parent's.
 */
#ifndef FORKCHECK_BASE_ENVIRON_H
#define FORKCHECK_BASE_ENVIRON_H

#include <stdbool.h>
#include <stddef.h>

/* Remembers where our object and the session lie. Called once, by the constructor. */
void environ_start(const char *session);
/*
 * Takes out of LD_PRELOAD what was put before our object for this program alone: the
 * next one may be started by libc itself (system, popen). Called by the constructor.
 */
void environ_tidy(char **entries);

/* Where they lie; "" where that is not known, or too long. */
const char *environ_shim(void);
const char *environ_session(void);
/* A variable of the program's environment; NULL: it is not set. */
const char *environ_value(char *const *entries, const char *name);

struct environ_plan {
	char *const *entries; /* as the caller gave them; never NULL */
	size_t count;
	const char *preload; /* value of their LD_PRELOAD; "" */
	const char *first;   /* what must come before our object; NULL: nothing */
	bool has_shim;
	bool has_session;
	bool without_shim; /* the next program must not find our object in its LD_PRELOAD */
	size_t text_size;  /* bytes for the new LD_PRELOAD */
};

/*
 * True when the environment has to be built anew; then with `count + 3` entries.
 * `without_shim`: our object is taken out of LD_PRELOAD instead of put in. `first`: the
 * library that the program wants before all others, "" for none.
 */
bool environ_plan(struct environ_plan *plan, char *const *entries, bool without_shim,
		  const char *first);
void environ_build(const struct environ_plan *plan, char **entries, char *text);

#endif
