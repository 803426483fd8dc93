/*
 * Which of the reasons for a refusal it is, of facts about both processes, and its cure.
 */
#ifndef FORKCHECK_REFUSAL_WORDS_H
#define FORKCHECK_REFUSAL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: nothing is known to stand in the way. */
struct refusal_facts {
	bool is_filtered; /* forkcheck may not read its own memory: a filter of system calls */
	bool is_root;     /* forkcheck, by its number, which says nothing of what it may do */
	bool may_trace;   /* forkcheck has CAP_SYS_PTRACE, in its own user namespace */
	const char *user; /* the other user, whose process it is; NULL: it is forkcheck's own */
	bool is_undumpable;
	bool has_more_rights; /* capabilities that forkcheck lacks */
	bool has_other_users; /* another user namespace */
	char scope;           /* Yama's ptrace_scope; 0: there is none */
};

/* One clause of what is wrong, with its cure. */
void refusal_put_words(const struct refusal_facts *facts, char *text, size_t capacity);

/* What is the matter where a system call may not be made that is not needed. */
void refusal_put_filter(const char *call, char *text, size_t capacity);

#endif
