/*
 * The symbols of runtimes are looked for in the files whose code a process has mapped, as the
 * shim looks for them in the loader's list. Files and memory are the target's: who uses what was
 * found here checks it.
 */
#include "interpreter_symbols.h"
#include "process/memory_map.h"
#include "process/stop.h"
#include "shim/common/goroutine.h"
#include "shim/common/python/versions.h"
#include "unwind/named_symbol.h"
#include "wakeup_sources.h"
#include <string.h>

/* Processes whose files were asked. */
#define REMEMBERED 8

enum {
	SYMBOL_RUNTIME,
	SYMBOL_CODE_TYPE,
	SYMBOL_UNICODE_TYPE,
	SYMBOL_BEFORE_FORK,
	SYMBOL_VERSION,
	SYMBOL_TOP_OF_STACK,
	SYMBOL_NEWEST, /* and on */
};

#define NAME(function, version)    function,
#define VERSION(function, version) version,

static const char *const symbols[] = {[SYMBOL_RUNTIME] = "_PyRuntime",
				      [SYMBOL_CODE_TYPE] = "PyCode_Type",
				      [SYMBOL_UNICODE_TYPE] = "PyUnicode_Type",
				      [SYMBOL_BEFORE_FORK] = "PyOS_BeforeFork",
				      [SYMBOL_VERSION] = "Py_Version",
				      [SYMBOL_TOP_OF_STACK] = "_cgo_topofstack",
				      PYTHON_NEWEST_FUNCTIONS(NAME)};
#define SYMBOLS (sizeof(symbols) / sizeof(*symbols))

static const uint32_t newest[] = {PYTHON_NEWEST_FUNCTIONS(VERSION)};

struct symbol_request {
	pid_t pid;
	struct interpreter_symbols *found;
	struct mapped_file file;
	uint64_t addresses[SYMBOLS];
};

struct outside_code {
	struct goroutine_reader reader;
	pid_t pid;
};

static size_t read_code(const struct goroutine_reader *reader, uint64_t address, void *to,
			size_t length)
{
	const struct outside_code *code = (const struct outside_code *)reader;

	return stop_read(code->pid, address, to, length);
}

/* A constant: a core file may lack it, and the file has it. */
static uint32_t read_version(const struct symbol_request *request)
{
	uint64_t version = 0;

	if (stop_read(request->pid, request->addresses[SYMBOL_VERSION], &version,
		      sizeof(version)) != sizeof(version) &&
	    !named_symbol_read(&request->file, &symbols[SYMBOL_VERSION], &version, sizeof(version),
			       1))
		return 0;
	return (uint32_t)version;
}

static uint32_t interpreter_symbols_find_version(const struct symbol_request *request)
{
	if (request->addresses[SYMBOL_VERSION])
		return read_version(request);
	for (size_t i = SYMBOL_NEWEST; i < SYMBOLS; i++)
		if (request->addresses[i])
			return newest[i - SYMBOL_NEWEST];
	return 0;
}

static void take_python(const struct symbol_request *request)
{
	const uint64_t *addresses = request->addresses;

	request->found->python = (struct python_interpreter){
		.runtime = addresses[SYMBOL_RUNTIME],
		.code_type = addresses[SYMBOL_CODE_TYPE],
		.unicode_type = addresses[SYMBOL_UNICODE_TYPE],
		.version = interpreter_symbols_find_version(request),
		.before_fork = addresses[SYMBOL_BEFORE_FORK],
	};
}

static void take_go(const struct symbol_request *request)
{
	struct outside_code code = {{read_code}, request->pid};
	struct go_runtime go;

	if (goroutine_learn(&go, &code.reader, request->addresses[SYMBOL_TOP_OF_STACK]))
		request->found->go = go;
}

static bool ask_code(const struct mapping *mapping, void *data)
{
	struct symbol_request *request = data;
	char path[MAPPING_FILE];

	if (!mapping->executable || mapping->path[0] != '/')
		return true;
	maps_file(request->pid, mapping, path);
	request->file = (struct mapped_file){path, mapping->start, mapping->offset, true};
	if (!named_symbol_find(&request->file, symbols, request->addresses, SYMBOLS))
		return true;
	if (request->addresses[SYMBOL_RUNTIME] && !request->found->python.runtime)
		take_python(request);
	if (request->addresses[SYMBOL_TOP_OF_STACK] && !request->found->go.current)
		take_go(request);
	return true;
}

bool interpreter_find(pid_t pid, struct interpreter_symbols *found)
{
	struct symbol_request request = {.pid = pid, .found = found};

	memset(found, 0, sizeof(*found));
	maps_each(pid, ask_code, &request);
	return found->python.runtime || found->go.current;
}

/* --- of a process of the session ------------------------------------------------- */

static const struct interpreter_symbols *ask_files(const struct process_facts *process, pid_t pid)
{
	static struct {
		pid_t pid;
		uint32_t serial;
		struct interpreter_symbols symbols;
	} remembered[REMEMBERED];
	static size_t next;

	for (size_t i = 0; i < REMEMBERED; i++)
		if (remembered[i].pid == pid && remembered[i].serial == process->serial)
			return &remembered[i].symbols;
	next = (next + 1) % REMEMBERED;
	remembered[next].pid = pid;
	remembered[next].serial = process->serial;
	interpreter_find(pid, &remembered[next].symbols);
	return &remembered[next].symbols;
}

bool python_interpreter_of(const struct process_facts *process, pid_t pid,
			   struct python_interpreter *python)
{
	struct private_facts facts;

	memset(python, 0, sizeof(*python));
	if (wakeup_read_facts(process, pid, &facts))
		*python = facts.python;
	else if (process->is_outside)
		*python = ask_files(process, pid)->python;
	return python->runtime != 0;
}

bool go_runtime_of(const struct process_facts *process, pid_t pid, struct go_runtime *go)
{
	struct private_facts facts;

	memset(go, 0, sizeof(*go));
	if (wakeup_read_facts(process, pid, &facts))
		*go = facts.go;
	else if (process->is_outside)
		*go = ask_files(process, pid)->go;
	return go->current != 0;
}
