/*
 * The start method of a Python child, and its cure, are found by one table of evidence and
 * texts. Nothing is known of a module but how the path of its file ends and what its functions
 * are called.
 */
#include "python_advice.h"
#include "base/library_names.h"
#include "evidence.h"
#include "remedy.h"
#include <string.h>

/* A Python frame; a part that is NULL is any. */
struct sign {
	const char *file;     /* how its path ends, in whole names */
	const char *function; /* how its qualified name ends: before 3.11 it has no class */
};

/*
 * A row holds where all of its evidence is there. Of the rows that hold, the
 * first that has a text gives it; "" is a text that says nothing.
 */
struct advice {
	struct sign forked_by;  /* what called the fork itself */
	struct sign asked_by;   /* further out on the stack of the fork */
	struct sign created_by; /* where a lost thread was created */
	const char *library;    /* a family (library_is) whose thread was lost */
	bool by_interpreter;    /* no library called fork() by itself */

	const char *id; /* of a row with a cure of its own */
	const char *start_method;
	const char *facility;
	const char *cure;
	const char *line;
	const char *caveat;
	const char *remark;
	bool names_creator; /* the cure names the line that brought the thread in */
};

#define FORK_CHILD                                                                                 \
	{                                                                                          \
		"multiprocessing/popen_fork.py", "_launch"                                         \
	}
#define FORK_SERVER                                                                                \
	{                                                                                          \
		"multiprocessing/forkserver.py", "main"                                            \
	}
#define SPAWN_SERVER                                                                               \
	{                                                                                          \
		"multiprocessing/util.py", "spawnv_passfds"                                        \
	}
#define NOT_FORK                                                                                   \
	"use \"spawn\" or \"forkserver\" instead of the start method \"fork\" (the default "       \
	"before Python 3.14; \"forkserver\" is since)"
#define GUARD "if __name__ == \"__main__\":"

static const struct advice table[] = {
	/* A fork server has no threads but those that a preload brought into it. */
	{.forked_by = FORK_SERVER,
	 .created_by = {"multiprocessing/spawn.py", "import_main_path"},
	 .id = "python-preload-main",
	 .cure = "start these threads only under  " GUARD
		 "  for the fork server imports the main script",
	 .names_creator = true},
	{.forked_by = FORK_SERVER,
	 .created_by = FORK_SERVER,
	 .id = "python-preload",
	 .cure = "set_forkserver_preload() brought these threads into the fork server; take the "
		 "module out of that list, or let it start threads at first use",
	 .names_creator = true},
	{.forked_by = FORK_SERVER,
	 .id = "python-forkserver",
	 .start_method = "forkserver",
	 .facility = "multiprocessing",
	 .cure = "the fork server has threads; let nothing that it imports start them",
	 .line = "",
	 .caveat = ""},

	/* Who asked for the process, with whatever start method. */
	{.forked_by = FORK_CHILD,
	 .asked_by = {"ipykernel/kernelapp.py", NULL},
	 .id = "python-notebook",
	 .caveat = "the child cannot import a notebook: put the functions that it is to run into "
		   "a module (.py)."},
	{.forked_by = FORK_CHILD,
	 .asked_by = {"torch/utils/data/dataloader.py", NULL},
	 .id = "python-dataloader",
	 .facility = "torch.utils.data.DataLoader",
	 .line = "DataLoader(dataset, num_workers=4, multiprocessing_context=\"spawn\")",
	 .caveat = "iterate under  " GUARD
		   "  and use no lambdas: the dataset and collate_fn are pickled."},
	{.forked_by = FORK_CHILD,
	 .asked_by = {"joblib/parallel.py", NULL},
	 .id = "python-joblib",
	 .facility = "joblib.Parallel",
	 .cure = "use joblib's own backend, which starts its workers anew",
	 .line = "joblib.Parallel(n_jobs=4, backend=\"loky\")",
	 .caveat = "functions of the main script are pickled with the globals that they use: no "
		   "locks and no open files there."},
	{.forked_by = FORK_CHILD,
	 .asked_by = {"concurrent/futures/process.py", NULL},
	 .id = "python-process-executor",
	 .facility = "concurrent.futures.ProcessPoolExecutor",
	 .line = "ProcessPoolExecutor(mp_context=multiprocessing.get_context(\"spawn\"))",
	 .caveat =
		 "make it under  " GUARD "  and submit no lambdas: what is submitted is pickled."},
	{.forked_by = FORK_CHILD,
	 .asked_by = {"multiprocessing/pool.py", NULL},
	 .id = "python-pool",
	 .facility = "multiprocessing.Pool",
	 .line = "multiprocessing.get_context(\"spawn\").Pool()",
	 .caveat = "make it under  " GUARD
		   "  and hand globals that are set at run time to the workers by initializer=."},
	{.forked_by = FORK_CHILD,
	 .id = "python-process",
	 .start_method = "fork",
	 .facility = "multiprocessing.Process",
	 .cure = NOT_FORK,
	 .line = "multiprocessing.get_context(\"spawn\").Process(target=work)",
	 .caveat = "start it under  " GUARD "  for the child imports the main script again."},

	/* These exec at once: another start method changes nothing. */
	{.forked_by = SPAWN_SERVER,
	 .asked_by = {"multiprocessing/popen_spawn_posix.py", NULL},
	 .start_method = "spawn",
	 .cure = ""},
	{.forked_by = SPAWN_SERVER,
	 .asked_by = {"multiprocessing/forkserver.py", "ensure_running"},
	 .start_method = "forkserver",
	 .cure = ""},
	{.forked_by = SPAWN_SERVER, .cure = ""},
	{.forked_by = {"multiprocessing/spawn.py", "spawn_main"},
	 .start_method = "spawn",
	 .cure = ""},
	{.forked_by = {"loky/backend/fork_exec.py", "fork_exec"},
	 .start_method = "loky",
	 .cure = ""},

	/* Others that fork by themselves. */
	{.forked_by = {"billiard/popen_fork.py", "_launch"},
	 .asked_by = {"celery/concurrency/prefork.py", NULL},
	 .id = "python-celery",
	 .facility = "Celery's prefork pool",
	 .cure = "start threads in the workers, after the fork",
	 .line = "@celery.signals.worker_process_init.connect",
	 .caveat = "what a task module starts at import, the parent starts."},
	{.forked_by = {"billiard/popen_fork.py", "_launch"},
	 .id = "python-billiard",
	 .start_method = "fork",
	 .facility = "billiard",
	 .cure = "use \"spawn\" instead of the start method \"fork\"",
	 .line = "billiard.get_context(\"spawn\").Pool()",
	 .caveat = "put what the workers run into a module: they do not import the main script."},
	{.forked_by = {"gunicorn/arbiter.py", "spawn_worker"},
	 .id = "python-gunicorn",
	 .facility = "gunicorn",
	 .cure = "run gunicorn without --preload, or start threads in each worker",
	 .line = "def post_fork(server, worker):   # in gunicorn.conf.py",
	 .caveat = "what the application starts at import is in the parent with --preload."},
	{.forked_by = {"subprocess.py", "_execute_child"},
	 .id = "python-preexec",
	 .facility = "subprocess",
	 .cure = "leave preexec_fn out: then no Python runs between fork and exec",
	 .line = "subprocess.Popen(command, start_new_session=True)",
	 .caveat = "other uses of preexec_fn have arguments too: cwd, env, umask, user, "
		   "process_group."},
	{.by_interpreter = true,
	 .id = "python-os-fork",
	 .facility = "os.fork",
	 .cure = "fork before threads are started, or let a new interpreter do the work",
	 .line = "multiprocessing.get_context(\"spawn\").Process(target=work)",
	 .caveat = "start it under  " GUARD "  for the child imports the main script again."},

	/* Polars speaks before the fork, on standard error. */
	{.library = "*polars*",
	 .remark = "Polars may warn of this fork (\"Using fork() can cause Polars to deadlock\"); "
		   "POLARS_ALLOW_FORKING_THREAD=1 only silences that."},
};

#define ROWS (sizeof(table) / sizeof(*table))

static bool python_advice_ends_with(const char *text, const char *end, char separator)
{
	size_t length = strlen(text), suffix = strlen(end);

	return length >= suffix && strcmp(text + length - suffix, end) == 0 &&
	       (length == suffix || text[length - suffix - 1] == separator);
}

static bool is_sign(const struct sign *sign, const struct frame *frame)
{
	return frame->file && python_advice_ends_with(frame->file, sign->file, '/') &&
	       (!sign->function ||
		(frame->function && python_advice_ends_with(frame->function, sign->function, '.')));
}

/* NULL: it is not there. */
static const struct frame *find_sign(const struct sign *sign, const struct python_frames *stack)
{
	for (size_t i = 0; stack && i < stack->count; i++)
		if (is_sign(sign, &stack->list[i]))
			return &stack->list[i];
	return NULL;
}

/* Of a fork that was not seen, the frames that the child has from its parent are
 * the witness: the innermost that a row knows. */
static const struct frame *find_witness(const struct python_frames *child)
{
	for (size_t i = 0; child && i < child->count; i++)
		for (size_t k = 0; k < ROWS; k++)
			if (table[k].forked_by.file &&
			    is_sign(&table[k].forked_by, &child->list[i]))
				return &child->list[i];
	return NULL;
}

static bool was_seen(const struct finding *finding)
{
	const struct python_frames *fork = finding->fork.stack.python;

	return fork && fork->count;
}

static const struct frame *python_advice_find_forker(const struct finding *finding)
{
	return was_seen(finding) ? &finding->fork.stack.python->list[0]
				 : find_witness(finding->child.stack.python);
}

static bool is_on_stack_of_fork(const struct sign *sign, const struct finding *finding)
{
	return find_sign(sign, was_seen(finding) ? finding->fork.stack.python
						 : finding->child.stack.python);
}

/* os.fork() is a part of the interpreter; a library of C may call fork(), too. */
static bool interpreter_forked(const struct finding *finding)
{
	const struct frames *fork = &finding->fork.stack;

	return was_seen(finding) && fork->count && fork->list[0].module && fork->python->module &&
	       strcmp(fork->list[0].module, fork->python->module) == 0;
}

/* The creation of a lost thread that shows the sign; NULL: there is none. */
static const struct python_frames *find_creation(const struct sign *sign,
						 const struct finding *finding)
{
	const struct python_frames *created = finding->holder.created_at.python;

	if (find_sign(sign, created))
		return created;
	for (size_t i = 0; i < finding->missing_count; i++) {
		created = finding->missing[i].created_at.python;
		if (find_sign(sign, created))
			return created;
	}
	return NULL;
}

static bool lost_thread_of(const char *library, const struct finding *finding)
{
	if (library_is(finding->holder.library, library))
		return true;
	for (size_t i = 0; i < finding->missing_count; i++)
		if (library_is(finding->missing[i].library, library))
			return true;
	return false;
}

static bool python_advice_holds(const struct advice *row, const struct finding *finding,
				const struct frame *forker)
{
	return (!row->forked_by.file || (forker && is_sign(&row->forked_by, forker))) &&
	       (!row->asked_by.file || is_on_stack_of_fork(&row->asked_by, finding)) &&
	       (!row->created_by.file || find_creation(&row->created_by, finding)) &&
	       (!row->library || lost_thread_of(row->library, finding)) &&
	       (!row->by_interpreter || interpreter_forked(finding));
}

static void python_advice_take(const char **text, const char *from)
{
	if (!*text)
		*text = from;
}

static struct advice look_up(const struct finding *finding)
{
	const struct frame *forker = python_advice_find_forker(finding);
	struct advice found = {0};

	for (size_t i = 0; i < ROWS; i++) {
		const struct advice *row = &table[i];

		if (!python_advice_holds(row, finding, forker))
			continue;
		if (!found.cure && row->names_creator) {
			found.names_creator = true;
			found.created_by = row->created_by;
		}
		if (!found.cure && row->cure)
			found.by_interpreter = row->by_interpreter;
		python_advice_take(&found.id, row->id);
		python_advice_take(&found.start_method, row->start_method);
		python_advice_take(&found.facility, row->facility);
		python_advice_take(&found.cure, row->cure);
		python_advice_take(&found.line, row->line);
		python_advice_take(&found.caveat, row->caveat);
		python_advice_take(&found.remark, row->remark);
	}
	return found;
}

static bool is_machinery(const struct frame *frame)
{
	return !frame->file || frame->file[0] == '<' || strstr(frame->file, "/multiprocessing/") ||
	       python_advice_ends_with(frame->file, "runpy.py", '/');
}

/* What was being imported: the outermost line that is neither the fork server's nor
 * the import system's. */
static const char *creator_words(struct judgement *judgement, const struct python_frames *created)
{
	for (size_t i = created->count; i-- > 0;)
		if (!is_machinery(&created->list[i]))
			return arena_printf(judgement->arena, " (%s:%d)",
					    evidence_file_name(created->list[i].file),
					    created->list[i].line);
	return "";
}

static bool says(const char *text)
{
	return text && *text;
}

const char *python_advice_id(size_t index)
{
	for (size_t i = 0; i < ROWS; i++)
		if (table[i].id && index-- == 0)
			return table[i].id;
	return NULL;
}

void python_start_method(struct finding *finding)
{
	finding->start_method = look_up(finding).start_method;
}

bool python_advice(struct judgement *judgement, struct finding *finding)
{
	struct advice found = look_up(finding);
	struct remedy_part *remedy = &finding->remedy;
	const struct python_frames *created =
		found.names_creator ? find_creation(&found.created_by, finding) : NULL;

	finding->start_method = found.start_method;
	if (!says(found.cure))
		return false;
	remedy->present = true;
	remedy->id = found.id;
	remedy->facility = found.facility;
	remedy->cure = arena_printf(judgement->arena, "%s%s", found.cure,
				    created ? creator_words(judgement, created) : "");
	remedy->line = says(found.line) ? found.line : NULL;
	remedy->caveat = says(found.caveat) ? found.caveat : NULL;
	remedy->remark = says(found.remark) ? found.remark : NULL;
	finding->advice = remedy_paragraph(judgement->arena, remedy);
	return found.by_interpreter && !found.start_method;
}
