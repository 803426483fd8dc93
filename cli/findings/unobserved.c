/*
 * Who was not observed is found by comparing, in the model, what was started with what said
 * hello.
 */
#include "unobserved.h"
#include "shim/common/arch/arch.h"
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text;
	bool is_certain; /* seen in the file: no later hello of that process speaks against it */
} reasons[UNOBSERVED_REASONS] = {
	[UNOBSERVED_STATIC] = {"linked statically", true},
	[UNOBSERVED_MACHINE] = {"not an " ARCH_NAME " program (32-bit?)", true},
	[UNOBSERVED_FOREIGN_LIBC] = {"uses another C library than glibc", true},
	[UNOBSERVED_SET_ID] = {"set-user-ID or set-group-ID", false},
	[UNOBSERVED_CAPABILITIES] = {"has file capabilities", false},
	[UNOBSERVED_NO_SHIM] = {"libforkcheck.so is out of its reach", false},
	[UNOBSERVED_NO_SESSION] = {"the session file is out of its reach", false},
	[UNOBSERVED_ENVIRONMENT] = {"started without LD_PRELOAD or FORKCHECK_SESSION", false},
	[UNOBSERVED_NO_HELLO] = {"libforkcheck.so did not start in it", false},
	[UNOBSERVED_NO_BIRTH] = {"started by a process that is not observed", false},
};

const char *unobserved_reason_text(uint32_t reason)
{
	return reason < UNOBSERVED_REASONS ? reasons[reason].text : NULL;
}

static bool is_certain(uint32_t reason)
{
	return reason < UNOBSERVED_REASONS && reasons[reason].is_certain;
}

/* One process of the log: who, when. Sorted, the births of one pid stand together. */
struct hello {
	int pid;
	uint64_t birth_ns;
	bool is_image;
	bool execed;
};

struct hellos {
	struct hello *list;
	size_t count;
};

static int by_pid_and_time(const void *left, const void *right)
{
	const struct hello *one = left, *other = right;

	if (one->pid != other->pid)
		return one->pid < other->pid ? -1 : 1;
	return (one->birth_ns > other->birth_ns) - (one->birth_ns < other->birth_ns);
}

/* In a PID namespace the parent's number for a process is not its own. */
static struct hello make_hello(const struct model *model, const struct process_facts *process)
{
	struct hello hello = {process->pid, process->birth_ns, process->kind == BIRTH_IMAGE, false};
	struct session_birth birth;

	if (!reader_birth(model->reader, process->birth_number - 1, &birth) ||
	    birth.process != process->serial)
		return hello;
	hello.execed = (birth.state & BIRTH_EXECED) != 0;
	if (birth.own_pid > 0)
		hello.pid = birth.own_pid;
	return hello;
}

static struct hellos unobserved_collect(const struct model *model, struct arena *arena)
{
	struct hellos hellos = {arena_array(arena, model->process_capacity, sizeof(struct hello)),
				0};

	for (size_t serial = 1; serial < model->process_capacity; serial++) {
		const struct process_facts *process = model_facts(model, (uint32_t)serial);

		if (process && process->birth_number)
			hellos.list[hellos.count++] = make_hello(model, process);
	}
	if (hellos.count)
		qsort(hellos.list, hellos.count, sizeof(*hellos.list), by_pid_and_time);
	return hellos;
}

/* The index of the first birth of a pid that is not before that time. */
static size_t first_since(const struct hellos *hellos, int pid, uint64_t since_ns)
{
	const struct hello wanted = {.pid = pid, .birth_ns = since_ns};
	size_t low = 0, high = hellos->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_pid_and_time(&hellos->list[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool said_hello(const struct hellos *hellos, int pid, uint64_t since_ns)
{
	size_t index = first_since(hellos, pid, since_ns);

	return index < hellos->count && hellos->list[index].pid == pid;
}

/* True when the record holds: the exec took place, and what was only expected came true. */
static bool unobserved_holds(const struct model *model, const struct hellos *hellos,
			     session_reference reference)
{
	const struct record_unobserved *record = model_unobserved(model, reference);

	return !reader_exec_failed(model->reader, reference) &&
	       (is_certain(record->reason) || !said_hello(hellos, record->pid, record->since_ns));
}

bool unobserved_is_recorded(const struct model *model, int pid, uint64_t since_ns)
{
	const struct model_list *list = model_list(model, RECORD_UNOBSERVED);

	for (size_t i = list->count; i-- > 0;) {
		const struct record_unobserved *record =
			model_unobserved(model, list->references[i]);

		if (record->pid == pid && record->since_ns >= since_ns &&
		    !reader_exec_failed(model->reader, list->references[i]))
			return true;
	}
	return false;
}

/* It gave its memory up by exec, and what came then did not start our library. */
static bool is_silent(const struct model *model, const struct hellos *hellos, size_t index)
{
	const struct hello *hello = &hellos->list[index], *next = hello + 1;

	if (!hello->execed ||
	    (index + 1 < hellos->count && next->pid == hello->pid && next->is_image))
		return false;
	return !unobserved_is_recorded(model, hello->pid, hello->birth_ns);
}

static void unobserved_add(struct report *report, struct unobserved *list, int pid,
			   const char *path, uint32_t reason)
{
	list[report->unobserved_count++] =
		(struct unobserved){pid, path, unobserved_reason_text(reason)};
}

static uint64_t count_more(const struct model *model)
{
	const struct session_header *live = (const void *)model->reader->bytes;
	uint64_t all = atomic_load(&live->counters.unobserved);

	return all > UNOBSERVED_MAX ? all - UNOBSERVED_MAX : 0;
}

void unobserved_fill(const struct model *model, struct arena *arena, struct report *report)
{
	const struct model_list *records = model_list(model, RECORD_UNOBSERVED);
	struct hellos hellos = unobserved_collect(model, arena);
	struct unobserved *list = arena_array(arena, records->count + hellos.count, sizeof(*list));

	report->unobserved = list;
	report->unobserved_more = count_more(model);
	for (size_t i = 0; i < records->count; i++) {
		const struct record_unobserved *record =
			model_unobserved(model, records->references[i]);

		if (unobserved_holds(model, &hellos, records->references[i]))
			unobserved_add(report, list, record->pid,
				       arena_strndup(arena, record->path, record->path_length),
				       record->reason);
	}
	for (size_t i = 0; i < hellos.count; i++)
		if (is_silent(model, &hellos, i))
			unobserved_add(report, list, hellos.list[i].pid, NULL, UNOBSERVED_NO_HELLO);
}
