/*
 * A hang is recorded here, after a last sample while its process is held, and acted upon.
 * ptrace may be refused (another tracer, Yama, a process that is not dumpable): then nothing
 * is acted upon.
 */
#include "hang_record.h"
#include "awaited_objects.h"
#include "awaited_place.h"
#include "blocked_chain.h"
#include "hangs/identify/frame_base.h"
#include "hangs/identify/interpreter_symbols.h"
#include "hangs/identify/python_state.h"
#include "hangs/identify/thread_tables.h"
#include "hangs/identify/waiter_futex.h"
#include "kept_reader.h"
#include "process/memory_map.h"
#include "process/stop.h"
#include "shim/common/goroutine.h"
#include "unseen_threads.h"
#include "unwind/named_symbol.h"
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define RETURN_ATTEMPTS 20
#define RETURN_PAUSE_NS 2000000

struct module_search {
	struct model *model;
	struct writer *writer;
	uint32_t image;
	pid_t pid;
	bool is_outside; /* its loader's names for its files nobody has written */
};

static bool hang_record_is_known(const struct model *model, uint32_t image, uint64_t bias)
{
	const struct model_list *modules = model_list(model, RECORD_MODULE);

	for (size_t i = 0; i < modules->count; i++) {
		const struct record_module *module = model_module(model, modules->references[i]);

		if (module->image == image && module->bias == bias)
			return true;
	}
	return false;
}

static bool read_head(pid_t pid, const struct mapping *mapping, Elf64_Ehdr *head)
{
	char path[MAPPING_FILE];
	int descriptor;
	bool is_read;

	if (stop_read(pid, mapping->start, head, sizeof(*head)) == sizeof(*head))
		return true;
	maps_file(pid, mapping, path);
	descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (descriptor < 0)
		return false;
	is_read = read(descriptor, head, sizeof(*head)) == sizeof(*head);
	close(descriptor);
	return is_read;
}

/* ET_EXEC files are mapped where they say, everything else at its first mapping. */
static bool read_bias(pid_t pid, const struct mapping *mapping, uint64_t *bias)
{
	Elf64_Ehdr head;
	bool is_elf = read_head(pid, mapping, &head) && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0;

	*bias = is_elf && head.e_type == ET_EXEC ? 0 : mapping->start;
	return is_elf;
}

/* Beside the last slash of `path`. False where it does not fit. */
static bool replace_name(char *path, size_t capacity, const char *name)
{
	char *slash = strrchr(path, '/');
	size_t folder = slash ? (size_t)(slash + 1 - path) : 0;

	if (folder + strlen(name) >= capacity)
		return false;
	strcpy(path + folder, name);
	return true;
}

/*
 * The loader finds a library by the name that others ask for, most often a link to the file that
 * the kernel tells of: "libgomp.so.1", not "libgomp.so.1.0.0". Reports of a run have the loader's.
 */
static void find_loaders_name(pid_t pid, const struct mapping *mapping, char name[MAPPING_PATH])
{
	char path[MAPPING_FILE], soname[NAME_MAX + 1];
	struct stat status;

	snprintf(name, MAPPING_PATH, "%s", mapping->path);
	maps_file(pid, mapping, path);
	if (!named_symbol_soname(path, soname, sizeof(soname)) || strchr(soname, '/') ||
	    !replace_name(path, sizeof(path), soname) || stat(path, &status) != 0 ||
	    status.st_ino != mapping->inode ||
	    status.st_dev != makedev(mapping->major, mapping->minor))
		return;
	replace_name(name, MAPPING_PATH, soname);
}

/* What was loaded since the fork, or before a fork that never came to be. */
static bool hang_record_add_module(const struct mapping *mapping, void *data)
{
	struct module_search *search = data;
	struct record_module module = {.image = search->image};
	char name[MAPPING_PATH];
	size_t length;

	if (mapping->offset || mapping->path[0] != '/' || mapping->shared ||
	    !read_bias(search->pid, mapping, &module.bias) ||
	    hang_record_is_known(search->model, search->image, module.bias))
		return true;
	if (search->is_outside)
		find_loaders_name(search->pid, mapping, name);
	else
		strcpy(name, mapping->path);
	length = strlen(name);
	module.path_length = (uint16_t)length;
	writer_append(search->writer, RECORD_MODULE, &module, sizeof(module), name, length);
	return true;
}

void hang_record_modules(struct model *model, struct writer *writer, uint32_t serial, pid_t pid)
{
	const struct process_facts *facts = model_facts(model, serial);
	struct module_search search = {model, writer, facts ? facts->image : serial, pid,
				       facts && facts->is_outside};

	maps_each(pid, hang_record_add_module, &search);
}

struct held_task hang_task(const struct process_facts *process, pid_t pid, uint64_t thread)
{
	struct held_task task = {.pid = pid, .thread = thread};

	if (process)
		go_runtime_of(process, pid, &task.go);
	return task;
}

struct own_memory {
	struct goroutine_reader reader;
	pid_t pid;
};

static size_t hang_record_read_memory(const struct goroutine_reader *reader, uint64_t address,
				      void *to, size_t length)
{
	return stop_read(((const struct own_memory *)reader)->pid, address, to, length);
}

/* Appends what the stack goes on with to the bytes. Returns their number then. */
static size_t append_other(const struct held_task *task, struct record_stack *stack, uint8_t *bytes)
{
	struct own_memory memory = {{hang_record_read_memory}, task->pid};
	struct other_stack other = {0};
	uint8_t *behind = bytes + stack->length + sizeof(other);

	if (!goroutine_find(&task->go, &memory.reader, task->thread, &other) ||
	    other.length > GOROUTINE_BYTES ||
	    stop_read(task->pid, other.address, behind, other.length) != other.length)
		return stack->length;
	stack->flags |= STACK_CONTINUED;
	memcpy(bytes + stack->length, &other, sizeof(other));
	return stack->length + sizeof(other) + other.length;
}

session_reference hang_record_stack(struct writer *writer, const struct held_task *task,
				    const struct stack_registers *registers)
{
	struct record_stack stack = {.registers = *registers, .address = registers->sp};
	size_t room = SESSION_STACK_MAX - sizeof(struct other_stack) - GOROUTINE_BYTES;
	uint8_t *bytes = malloc(SESSION_STACK_MAX);
	session_reference reference = 0;

	if (!bytes)
		return 0;
	if (!task->go.current)
		room = SESSION_STACK_MAX;
	stack.length = (uint32_t)stop_read(task->pid, registers->sp, bytes, room) & ~7u;
	if (stack.length == room)
		stack.flags = STACK_TRUNCATED;
	reference = writer_append(writer, RECORD_STACK, &stack, sizeof(stack), bytes,
				  append_other(task, &stack, bytes));
	free(bytes);
	return reference;
}

/* What was copied of a process while it was held. */
struct copied {
	session_reference stack;
	session_reference python;
	session_reference blocked; /* BLOCKED record of a thread that forks */
	struct parked lock;        /* kind 0: not known */
};

static const struct task_look *task_of(const struct hang *hang)
{
	for (size_t i = 0; i < hang->look->count; i++)
		if (hang->look->tasks[i].tid == hang->tid)
			return &hang->look->tasks[i];
	return NULL;
}

static uint64_t waited_on(const struct hang *hang)
{
	const struct task_look *task = task_of(hang);

	return task && (hang->kind != HANG_TIMED || procfs_is_futex_wait(task)) ? task->arguments[0]
										: 0;
}

/* A thread of its own may have got the place in memory, and so the number, of a lost one. Who
 * is not held could not be asked. */
static bool hang_record_is_alive(const struct hang *hang, const struct stopped *stopped,
				 uint64_t thread)
{
	if (stopped->count < hang->look->count)
		return true;
	for (size_t i = 0; i < stopped->count; i++)
		if (stop_thread_pointer(stopped->pid, stopped->tasks[i]) == thread)
			return true;
	return false;
}

static struct parked find_own_word_lock(const struct hang *hang,
					const struct stack_registers *registers)
{
	uint64_t self = stop_thread_pointer(hang->pid, hang->tid);
	uint64_t lock = waiter_futex_lock(hang->pid, self, registers, waited_on(hang));

	return (struct parked){.kind = lock ? LOCK_FUTEX : 0, .lock = lock};
}

/* What the thread waits for where the word that it waits on is its own. */
static struct parked hang_record_find_lock(const struct process_facts *facts,
					   const struct hang *hang, const struct stopped *stopped,
					   const struct stack_registers *registers)
{
	const struct task_look *task = task_of(hang);
	struct parked lock = {0};

	if (hang->kind != HANG_CHILD || !task)
		return lock;
	if (!python_find_lock(facts, hang->pid, task, &lock))
		return find_own_word_lock(hang, registers);
	if (hang_record_is_alive(hang, stopped, lock.owner))
		lock.owner = 0;
	return lock;
}

/* Of one that may not be held: the shim's own table has its threads. */
static struct copied hang_record_copy_partial(struct model *model, struct writer *writer,
					      const struct hang *hang)
{
	const struct process_facts *facts = model_facts(model, hang->serial);
	const struct task_look *look = task_of(hang);
	struct stack_registers registers;
	struct copied copied = {0};
	struct held_task task;

	hang_record_modules(model, writer, hang->serial, hang->pid);
	model_update(model);
	if (!look ||
	    !frame_base_look(model_space(model, hang->serial), hang->pid, look, &registers))
		return copied;
	task = hang_task(facts, hang->pid, thread_tables_self_of(facts, hang->pid, hang->tid));
	copied.stack = hang_record_stack(writer, &task, &registers);
	if (facts && facts->number == hang->pid && task.thread)
		copied.python = python_record(writer, facts, hang->pid, task.thread, registers.sp);
	return copied;
}

static struct copied copy_stacks(struct model *model, struct writer *writer,
				 const struct hang *hang, const struct stopped *stopped)
{
	const struct process_facts *facts = model_facts(model, hang->serial);
	struct stack_registers registers;
	struct held_task task;
	struct copied copied = {0};

	/* It is in a call that a stop would end, and was only looked at. */
	if (!stop_registers(stopped, hang->tid, &registers))
		return hang_record_copy_partial(model, writer, hang);
	task = hang_task(facts, hang->pid, stop_thread_pointer(hang->pid, hang->tid));
	copied.stack = hang_record_stack(writer, &task, &registers);
	if (!facts || facts->number != hang->pid)
		return copied;
	copied.python = python_record(writer, facts, hang->pid, task.thread, registers.sp);
	copied.lock = hang_record_find_lock(facts, hang, stopped, &registers);
	return copied;
}

/* Without holding it, too, most of a stack can be read. */
static void copy_blocked(struct model *model, struct writer *writer, const struct hang *hang,
			 const struct stopped *stopped, struct copied *copied)
{
	const struct process_facts *facts = model_facts(model, hang->serial);
	struct blocked_chain *chain = malloc(sizeof(*chain));
	struct held_task task;

	if (chain && blocked_find(chain, model, facts, hang->pid, hang->look, hang->tid, stopped)) {
		copied->blocked = blocked_record(chain, writer, facts, hang->pid);
		task = hang_task(facts, hang->pid, chain->list[0].self);
		if (!copied->stack)
			copied->stack = hang_record_stack(writer, &task, &chain->list[0].registers);
	}
	free(chain);
}

static bool has_chain(const struct hang *hang)
{
	return hang->kind == HANG_IN_FORK || hang->kind == HANG_OWN_LOCK;
}

static bool has_task(const struct hang *hang, pid_t tid)
{
	for (size_t i = 0; i < hang->look->count; i++)
		if (hang->look->tasks[i].tid == tid)
			return true;
	return false;
}

/* The later of two records of one thread has its later name. */
static void note_thread(struct model *model, struct record_lost *list, session_reference *threads,
			session_reference thread)
{
	uint32_t place = 0;

	while (place < list->count &&
	       model_thread(model, threads[place])->tid != model_thread(model, thread)->tid)
		place++;
	if (place < TASKS_MAX)
		threads[place] = thread;
	if (place == list->count && place < TASKS_MAX)
		list->count++;
}

/* As far as the shim knows them; there are no more tasks in a look than fit. */
static session_reference append_others(struct model *model, struct writer *writer,
				       const struct hang *hang)
{
	const struct model_list *known = model_list(model, RECORD_THREAD);
	session_reference threads[TASKS_MAX];
	struct record_lost list = {0};

	for (size_t i = 0; i < known->count; i++) {
		const struct record_thread *thread = model_thread(model, known->references[i]);

		if (thread->record.process == hang->serial && thread->tid != hang->tid &&
		    has_task(hang, thread->tid))
			note_thread(model, &list, threads, known->references[i]);
	}
	if (!list.count)
		return 0;
	return writer_append(writer, RECORD_LOST, &list, sizeof(list), threads,
			     list.count * sizeof(*threads));
}

/* The word that stands for the lock is the waiting thread's own: its history is not the lock's. */
static void append_lock(struct writer *writer, uint32_t serial, uint64_t waited,
			const struct parked *lock)
{
	struct record_object record = {
		.serial = serial,
		.kind = lock->kind,
		.address = lock->lock,
		.waited = waited,
		.owner = lock->owner,
	};

	writer_append(writer, RECORD_OBJECT, &record, sizeof(record), NULL, 0);
}

/* Who wrote to it last; its number stands where an address would. */
static void append_descriptor(struct writer *writer, const struct hang *hang, uint64_t waited)
{
	struct record_object record = {
		.serial = hang->serial,
		.kind = hang->descriptor.kind,
		.address = (uint64_t)hang->descriptor.number,
		.waited = waited,
		.gave = hang->descriptor.gave,
	};

	writer_append(writer, RECORD_OBJECT, &record, sizeof(record), NULL, 0);
}

static void hang_record_append(struct model *model, struct writer *writer, const struct hang *hang,
			       struct copied copied)
{
	const struct process_facts *facts = model_facts(model, hang->serial);
	const struct task_look *task = task_of(hang);
	const char *reason = hang->reason ? hang->reason : "";
	struct record_hang record = {
		.serial = hang->serial,
		/* As the log has it: it may have another number here. */
		.pid = facts ? facts->pid : hang->pid,
		.tid = procfs_shown_tid(hang->pid, hang->tid),
		.kind = hang->kind,
		.is_proven = hang->is_proven,
		.evidence = hang->evidence,
		.tasks = (uint32_t)hang->look->count,
		.fork = facts && facts->fork ? facts->fork : kept_fork(facts, hang->pid, writer),
		.stack = copied.stack,
		.python = copied.python,
		.since_ns = hang->since_ns,
		.wait = hang->region,
		.about = has_chain(hang) ? copied.blocked : hang->about,
		.others = hang->kind == HANG_IN_FORK ? append_others(model, writer, hang) : 0,
		.reason_length = (uint32_t)strlen(reason),
	};

	record.address = waited_on(hang);
	if (hang->kind != HANG_IN_FORK)
		unseen_record(model, writer, facts);
	/* One of several waits: whether it matters depends on the others. */
	if (hang->kind == HANG_TIMED)
		objects_record_all(facts, hang->pid, writer, hang->look);
	else if (hang->descriptor.kind)
		append_descriptor(writer, hang, record.address);
	else if (copied.lock.kind)
		append_lock(writer, hang->serial, record.address, &copied.lock);
	else if (record.address)
		objects_record(facts, hang->pid, writer, record.address);
	if (hang->evidence == EVIDENCE_HANDED)
		objects_record_handed(facts, hang->pid, writer);
	if (task && procfs_is_futex_wait(task))
		place_record(hang->serial, hang->pid, hang->tid, writer,
			     copied.lock.kind ? copied.lock.lock : record.address);
	writer_append(writer, RECORD_HANG, &record, sizeof(record), reason, record.reason_length);
}

/* Where others of the process go on, they are left alone. */
static enum stop_result hold(struct stopped *stopped, const struct hang *hang)
{
	const struct task_look *task = task_of(hang);

	if (hang->kind == HANG_CHILD && !hang->may_be_killed && task)
		return stop_task(stopped, hang->pid, hang->look, task);
	/* What is only suspected may run on meanwhile: a stack of it is welcome all the same. So
	 * may those that have no part in a chain. */
	return stop_process(stopped, hang->pid, hang->look,
			    hang->is_proven && hang->kind != HANG_OWN_LOCK);
}

void hang_withdraw(struct writer *writer, const struct hang *hang)
{
	struct record_hang record = {
		.serial = hang->serial, .pid = hang->pid, .tid = hang->tid, .kind = HANG_OVER};

	writer_append(writer, RECORD_HANG, &record, sizeof(record), "", 0);
}

bool hang_record(struct model *model, struct writer *writer, const struct hang *hang)
{
	struct stopped stopped;
	struct copied copied = {0};

	if (hang->is_looked_at) {
		hang_record_append(model, writer, hang, (struct copied){.stack = hang->stack});
		return true;
	}
	switch (hold(&stopped, hang)) {
	case STOP_MOVED:
		return false;
	case STOP_REFUSED:
		copied = hang_record_copy_partial(model, writer, hang);
		break;
	case STOP_HELD:
		copied = copy_stacks(model, writer, hang, &stopped);
		/* A stop would end its call: it was left alone. */
		if (!copied.stack && hang->kind == HANG_TIMED)
			copied = hang_record_copy_partial(model, writer, hang);
		break;
	}
	hang_record_modules(model, writer, hang->serial, hang->pid);
	model_update(model);
	if (has_chain(hang))
		copy_blocked(model, writer, hang, &stopped, &copied);
	stop_release(&stopped);
	hang_record_append(model, writer, hang, copied);
	return true;
}

/* Let go only just, a task may still be on its way back into its call. */
static enum stop_result stop_again(struct stopped *stopped, const struct hang *hang)
{
	const struct timespec pause = {0, RETURN_PAUSE_NS};
	enum stop_result result = stop_process(stopped, hang->pid, hang->look, true);

	for (int attempt = 1; result == STOP_MOVED && attempt < RETURN_ATTEMPTS; attempt++) {
		nanosleep(&pause, NULL);
		result = stop_process(stopped, hang->pid, hang->look, true);
	}
	return result;
}

bool hang_signal(const struct hang *hang, int signal)
{
	struct stopped stopped;
	bool sent;

	if (stop_again(&stopped, hang) != STOP_HELD)
		return false;
	sent = syscall(SYS_pidfd_send_signal, hang->process, signal, NULL, 0) == 0;
	if (sent && signal == SIGKILL)
		stop_bury(&stopped);
	else
		stop_release(&stopped);
	return sent;
}
