/*
 * What only the CLI knows of a run is appended to the log here, and the model takes it in at
 * once.
 */
#include "run_records.h"
#include "findings/unobserved.h"
#include "process/procfs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fits into one record. */
#define COMMAND_MAX 16384
/* Of the processes that outlive the program. */
#define LEFT_MAX 256

void run_record_action(const struct run_log *log, pid_t pid, const char *what)
{
	struct record_action action = {.pid = pid, .what_length = (uint32_t)strlen(what)};

	writer_append(log->writer, RECORD_ACTION, &action, sizeof(action), what,
		      action.what_length);
	model_update(log->model);
}

static bool is_observed(const struct run_log *log)
{
	for (uint32_t serial = 1; serial < log->model->process_capacity; serial++) {
		const struct process_facts *process = model_facts(log->model, serial);

		if (process && process->birth_number && process->kind == BIRTH_IMAGE &&
		    process->pid == log->launched->pid)
			return true;
	}
	return false;
}

static void run_records_record_unobserved(const struct run_log *log, uint32_t reason,
					  const char *path, size_t length)
{
	struct record_unobserved record = {.since_ns = log->started_ns,
					   .pid = log->launched->pid,
					   .reason = reason,
					   .path_length = (uint32_t)length};

	if (unobserved_is_recorded(log->model, record.pid, record.since_ns))
		return;
	atomic_fetch_add(&log->writer->live->counters.unobserved, 1);
	writer_append(log->writer, RECORD_UNOBSERVED, &record, sizeof(record), path, length);
	model_update(log->model);
}

void run_record_foreseen(const struct run_log *log)
{
	const struct target *target = &log->launched->target;

	if (target->reason != OBSERVABLE)
		run_records_record_unobserved(log, target->reason, target->path,
					      target->path_length);
}

void run_record_silence(const struct run_log *log)
{
	const char *program = log->command[0];

	if (!is_observed(log))
		run_records_record_unobserved(log, UNOBSERVED_NO_HELLO, program,
					      strnlen(program, TARGET_PATH_MAX));
}

static void record_left(const struct run_log *log, pid_t pid)
{
	struct record_left left = {.pid = pid};
	char link[32], path[4096];
	ssize_t length;
	char state = procfs_state(pid);

	if (!state || state == 'Z')
		return;
	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	length = readlink(link, path, sizeof(path));
	left.path_length = length > 0 ? (uint32_t)length : 0;
	writer_append(log->writer, RECORD_LEFT, &left, sizeof(left), path, left.path_length);
}

void run_record_left(const struct run_log *log)
{
	pid_t descendants[LEFT_MAX];
	size_t count = log->launched->has_children ? procfs_descendants(descendants, LEFT_MAX) : 0;

	for (size_t i = 0; i < count; i++)
		record_left(log, descendants[i]);
}

/* NUL-terminated strings in a row, as /proc/PID/cmdline has them. */
static char *join_command(char *const *arguments, size_t *length, uint32_t *count)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, length);

	*count = 0;
	if (!stream)
		return NULL;
	for (; *arguments; arguments++, ++*count)
		fwrite(*arguments, 1, strlen(*arguments) + 1, stream);
	fclose(stream);
	return text;
}

void run_record_result(const struct run_log *log, const struct run_result *result)
{
	struct record_run record = {.exit_status = result->exit_status,
				    .signal = result->signal,
				    .duration_ns = result->duration_ns,
				    .pid = log->launched->pid,
				    .is_observed = is_observed(log)};
	size_t length = 0;
	char *command = join_command(log->command, &length, &record.arguments);

	/* A command line may be longer than any record: its end goes. */
	if (length > COMMAND_MAX || !command)
		length = 0, record.arguments = 0;
	record.length = (uint32_t)length;
	writer_append(log->writer, RECORD_RUN, &record, sizeof(record), command, length);
	free(command);
	model_update(log->model);
}
