/*
 * What several suites need of the system: children that stay where they are,
 * folders of their own, and what was said on stderr.
 */
#ifndef UNIT_SUPPORT_H
#define UNIT_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A child that runs `body` and dies with its parent. */
pid_t support_child(void (*body)(void *data), void *data);
/* Kills and reaps it. */
void support_end_child(pid_t child);

/* Bodies: a futex wait that nobody ends, with or without a time limit (of an
 * hour), in as many threads as `data` (an int) says; and an endless loop. */
extern uint32_t support_word; /* that they wait on */
void support_wait(void *threads);
void support_wait_timed(void *threads);
void support_spin(void *nothing);

/* Waits at most five seconds for `is_so`. */
bool support_until(bool (*is_so)(void *data), void *data);

/* A new folder, one at a time. Removed with all files in it. */
const char *support_folder(void);
void support_remove_folder(const char *path);

/* The text of a file, to be freed; fails the test where it cannot be read. */
char *support_file(const char *path);

/* Between the two, stderr goes to memory. The text stays valid until the next begin. */
void support_errors_begin(void);
const char *support_errors_end(void);

/* xorshift64*: the same numbers in every run. */
uint64_t support_random(uint64_t *state);

#endif
