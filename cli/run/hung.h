/*
 * The processes of a run that were found to hang, as they are known now: what
 * was said of each, and what was done to it.
 */
#ifndef FORKCHECK_HUNG_H
#define FORKCHECK_HUNG_H

#include "findings/finding.h"
#include "hangs/record/hang_record.h"
#include <stdbool.h>
#include <stddef.h>

struct hung {
	uint32_t serial;
	pid_t pid;     /* here; 0: it has ended */
	int known_pid; /* that reports have for it */
	int process;   /* pidfd of our own; -1: none is needed any more */
	char *fingerprint;
	const char *code, *name; /* of the rule */
	enum severity severity;
	enum certainty certainty;
	const char *who;    /* "child", "process" */
	const char *action; /* what was done to it; NULL: nothing */
	bool is_printed;    /* the whole finding was, for this process */
	char *suppression;  /* the line that was printed with it; NULL: none */
};

struct hung_list {
	struct hung *list;
	size_t count, capacity;
};

void hung_release(struct hung_list *hung);

/* NULL where nothing is known of that process. Valid until the next hung_note(). */
struct hung *hung_find(const struct hung_list *hung, uint32_t serial);

/* Makes a new entry. NULL when there is no memory. */
struct hung *hung_note(struct hung_list *hung, const struct hang *hang, int known_pid,
		       const struct finding *finding);

/* Something was done to it. */
void hung_note_action(struct hung *entry, const char *action);

/* The whole finding was printed. */
void hung_note_printed(struct hung *entry, const struct finding *finding);

/* It does not hang after all. */
void hung_forget(struct hung_list *hung, struct hung *entry);

/* To how many something was done for one finding. */
unsigned hung_count_acted(const struct hung_list *hung, const char *fingerprint);

/* Is there one that an error is about, whether it lives or not? */
bool hung_has_error(const struct hung_list *hung);

/* Is that process one that an error is about? Its number is not taken for another's. */
bool hung_is_in_error(const struct hung_list *hung, pid_t pid);

/* Kills those whose hang is proven. */
void hung_kill_proven(const struct hung_list *hung);

#endif
