/*
 * The processes that hang are a list, in the order in which they were found. A pidfd is kept
 * of each that lives, so that nothing here is said of, or done to, a process that got the
 * number of another one.
 */
#include "hung.h"
#include "base/array.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void let_go(struct hung *entry)
{
	if (entry->process >= 0)
		close(entry->process);
	entry->process = -1;
	entry->pid = 0;
}

void hung_release(struct hung_list *hung)
{
	for (size_t i = 0; i < hung->count; i++) {
		let_go(&hung->list[i]);
		free(hung->list[i].fingerprint);
		free(hung->list[i].suppression);
	}
	free(hung->list);
	*hung = (struct hung_list){0};
}

struct hung *hung_find(const struct hung_list *hung, uint32_t serial)
{
	for (size_t i = 0; i < hung->count; i++)
		if (hung->list[i].serial == serial)
			return &hung->list[i];
	return NULL;
}

struct hung *hung_note(struct hung_list *hung, const struct hang *hang, int known_pid,
		       const struct finding *finding)
{
	bool has_room = ARRAY_MAKE_ROOM(hung->list, hung->count, hung->capacity);
	char *fingerprint = has_room ? strdup(finding->fingerprint) : NULL;
	struct hung *entry;

	if (!fingerprint)
		return NULL;
	entry = &hung->list[hung->count++];
	*entry = (struct hung){
		.serial = hang->serial,
		.pid = hang->pid,
		.known_pid = known_pid,
		.process = fcntl(hang->process, F_DUPFD_CLOEXEC, 0),
		.fingerprint = fingerprint,
		.code = finding->code,
		.name = finding->name,
		.severity = finding->severity,
		.certainty = finding->certainty,
		.who = hang->kind == HANG_IN_FORK ? "process" : "child",
	};
	return entry;
}

void hung_note_action(struct hung *entry, const char *action)
{
	entry->action = action;
	/* Nothing more is to be done to it, and there may be thousands. */
	if (entry->process >= 0)
		close(entry->process);
	entry->process = -1;
}

void hung_note_printed(struct hung *entry, const struct finding *finding)
{
	entry->is_printed = true;
	if (finding->suppression)
		entry->suppression = strdup(finding->suppression);
}

void hung_forget(struct hung_list *hung, struct hung *entry)
{
	size_t index = (size_t)(entry - hung->list);

	let_go(entry);
	free(entry->fingerprint);
	free(entry->suppression);
	hung->count--;
	memmove(entry, entry + 1, (hung->count - index) * sizeof(*entry));
}

unsigned hung_count_acted(const struct hung_list *hung, const char *fingerprint)
{
	unsigned count = 0;

	for (size_t i = 0; i < hung->count; i++)
		count +=
			hung->list[i].action && strcmp(hung->list[i].fingerprint, fingerprint) == 0;
	return count;
}

bool hung_has_error(const struct hung_list *hung)
{
	for (size_t i = 0; i < hung->count; i++)
		if (hung->list[i].severity == SEVERITY_ERROR)
			return true;
	return false;
}

static bool hung_has_ended(const struct hung *entry)
{
	struct pollfd ended = {.fd = entry->process, .events = POLLIN};

	return entry->process < 0 || poll(&ended, 1, 0) > 0;
}

bool hung_is_in_error(const struct hung_list *hung, pid_t pid)
{
	for (size_t i = 0; i < hung->count; i++) {
		struct hung *entry = &hung->list[i];

		if (entry->pid != pid || entry->severity != SEVERITY_ERROR)
			continue;
		if (!hung_has_ended(entry))
			return true;
		let_go(entry);
	}
	return false;
}

void hung_kill_proven(const struct hung_list *hung)
{
	for (size_t i = 0; i < hung->count; i++)
		if (hung->list[i].certainty == CERTAINTY_PROVEN && hung->list[i].process >= 0)
			syscall(SYS_pidfd_send_signal, hung->list[i].process, SIGKILL, NULL, 0);
}
