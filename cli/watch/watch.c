/*
 * Suspects come from WAIT records: the shim saw the child about to ask for a
 * lock whose owner does not exist. What is added here is certainty that the
 * process as a whole has come to rest before anything is done to it.
 */
#include "watch.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* /proc gives start times in ticks of 10 ms; a birth is recorded right after. */
#define START_TOLERANCE_NS 2000000000

void watch_init(struct watch *watch)
{
	*watch = (struct watch){0};
}

static void drop(struct watch *watch, size_t index)
{
	struct suspect *suspect = watch->suspects[index];

	close(suspect->process);
	free(suspect);
	watch->suspects[index] = watch->suspects[--watch->count];
}

void watch_release(struct watch *watch)
{
	while (watch->count)
		drop(watch, watch->count - 1);
	free(watch->suspects);
	*watch = (struct watch){0};
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The number may belong to another process by now. */
static bool is_same_process(pid_t pid, const struct process_facts *facts)
{
	uint64_t start = procfs_start_time(pid);
	uint64_t asleep = clock_ns(CLOCK_BOOTTIME) - clock_ns(CLOCK_MONOTONIC);
	uint64_t birth = facts->birth_ns + asleep;

	return start && start <= birth + START_TOLERANCE_NS && birth <= start + START_TOLERANCE_NS;
}

static void add(struct watch *watch, const struct model *model, session_reference reference)
{
	const struct record_wait *wait = model_wait(model, reference);
	const struct process_facts *facts = model_process(model, wait->record.process);
	struct suspect *suspect;

	if (wait->flags || !facts || facts->pid <= 0)
		return;
	if (watch->count == watch->capacity) {
		size_t capacity = watch->capacity ? 2 * watch->capacity : 16;
		struct suspect **grown = reallocarray(watch->suspects, capacity, sizeof(*grown));

		if (!grown)
			return;
		watch->suspects = grown;
		watch->capacity = capacity;
	}
	suspect = calloc(1, sizeof(*suspect));
	if (!suspect)
		return;
	suspect->wait = reference;
	suspect->pid = facts->pid;
	suspect->process = (int)syscall(SYS_pidfd_open, suspect->pid, 0);
	if (suspect->process < 0 || !is_same_process(suspect->pid, facts)) {
		if (suspect->process >= 0)
			close(suspect->process);
		free(suspect);
		return;
	}
	watch->suspects[watch->count++] = suspect;
}

void watch_update(struct watch *watch, const struct model *model)
{
	const struct model_list *waits = model_list(model, RECORD_WAIT);

	while (watch->next_wait < waits->count)
		add(watch, model, waits->references[watch->next_wait++]);
}

static bool is_at_rest(const struct process_look *look)
{
	for (size_t i = 0; i < look->count; i++)
		if (!procfs_is_untimed_futex_wait(&look->tasks[i]))
			return false;
	return look->complete;
}

static enum verdict judge_suspect(struct suspect *suspect, const struct model *model)
{
	struct process_look *look = malloc(sizeof(*look));
	enum verdict verdict = VERDICT_OPEN;

	if (!look)
		return VERDICT_OPEN;
	if (reader_wait_ended(model->reader, suspect->wait) || !procfs_look(suspect->pid, look))
		verdict = VERDICT_GONE;
	else if (suspect->looked && is_at_rest(look) && procfs_same(&suspect->look, look))
		verdict = VERDICT_STUCK;
	suspect->look = *look;
	suspect->looked = true;
	free(look);
	return verdict;
}

size_t watch_look(struct watch *watch, const struct model *model,
		  void (*act)(const struct suspect *suspect, void *data), void *data)
{
	for (size_t i = watch->count; i-- > 0;) {
		enum verdict verdict = judge_suspect(watch->suspects[i], model);

		if (verdict == VERDICT_STUCK)
			act(watch->suspects[i], data);
		if (verdict != VERDICT_OPEN)
			drop(watch, i);
	}
	return watch->count;
}

bool watch_kill(const struct suspect *suspect)
{
	return syscall(SYS_pidfd_send_signal, suspect->process, SIGKILL, NULL, 0) == 0;
}
