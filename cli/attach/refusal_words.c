/*
 * The words of a refusal: ptrace(2), "Ptrace access mode checking", asks in this order, but for
 * what no right helps against, which is said first.
 */
#include "refusal_words.h"
#include <stdio.h>
#include <string.h>

#define SCOPE      "/proc/sys/kernel/yama/ptrace_scope"
#define TO_PTRACE  "run forkcheck as root, or with CAP_SYS_PTRACE"
#define TO_ROOT    "run forkcheck with CAP_SYS_PTRACE, which this root lacks"
#define IN_DOCKER  "in a container: docker run --cap-add=SYS_PTRACE"
#define NOT_FILTER "--security-opt seccomp=unconfined"

static const char *cure_of(const struct refusal_facts *facts)
{
	return facts->is_root ? TO_ROOT " (" IN_DOCKER ")" : TO_PTRACE;
}

static void put_user(const struct refusal_facts *facts, char *text, size_t capacity)
{
	if (facts->is_root)
		snprintf(text, capacity, "it belongs to user %s; %s", facts->user, cure_of(facts));
	else if (strcmp(facts->user, "root") == 0)
		snprintf(text, capacity, "it belongs to root; run forkcheck as root");
	else
		snprintf(text, capacity, "it belongs to user %s; run forkcheck as %s or as root",
			 facts->user, facts->user);
}

static void put_scope(const struct refusal_facts *facts, char *text, size_t capacity)
{
	if (facts->scope >= '2')
		snprintf(text, capacity, SCOPE " is %c; %s", facts->scope, cure_of(facts));
	else
		snprintf(text, capacity,
			 SCOPE " is %c and it is no child of forkcheck's; %s, or: sysctl "
			       "kernel.yama.ptrace_scope=0",
			 facts->scope, cure_of(facts));
}

static void put_lacking(const struct refusal_facts *facts, char *text, size_t capacity)
{
	if (facts->user)
		put_user(facts, text, capacity);
	else if (facts->is_undumpable)
		snprintf(text, capacity,
			 "it is not dumpable (set-user-id, or PR_SET_DUMPABLE is 0); %s",
			 cure_of(facts));
	else if (facts->has_more_rights)
		snprintf(text, capacity, "it has capabilities that forkcheck lacks; %s",
			 cure_of(facts));
	else if (facts->scope >= '1')
		put_scope(facts, text, capacity);
	else
		snprintf(text, capacity, "the kernel refuses it (set-user-id, or not dumpable); %s",
			 cure_of(facts));
}

void refusal_put_words(const struct refusal_facts *facts, char *text, size_t capacity)
{
	if (facts->is_filtered)
		snprintf(text, capacity,
			 "a filter of system calls forbids process_vm_readv(), and /proc/PID/mem "
			 "cannot be read; " IN_DOCKER ", or " NOT_FILTER);
	else if (facts->scope >= '3')
		snprintf(text, capacity,
			 SCOPE " is %c, which forbids it to everybody until the next boot; look at "
			       "a core file: forkcheck attach --core=FILE",
			 facts->scope);
	else if (!facts->may_trace)
		put_lacking(facts, text, capacity);
	else if (facts->has_other_users)
		snprintf(text, capacity,
			 "it is in another user namespace; run forkcheck as root on the host, or "
			 "in its container with CAP_SYS_PTRACE");
	else
		snprintf(text, capacity,
			 "the kernel refuses it (a security module?); run forkcheck on the host, "
			 "or " IN_DOCKER);
}

void refusal_put_filter(const char *call, char *text, size_t capacity)
{
	snprintf(text, capacity,
		 "a filter of system calls forbids %s: stacks may lack frames, and less is "
		 "proven; " IN_DOCKER ", or " NOT_FILTER,
		 call);
}
