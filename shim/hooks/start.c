/*
 * What the loader calls: at the start and at the end. The constructor is the first of the
 * process (DF_1_INITFIRST), runs alone, and is the only place that opens anything.
 */
#include "base/environ.h"
#include "base/process.h"
#include "base/real.h"
#include "common/raw.h"
#include "fork/child.h"
#include "fork/fork.h"
#include "log/log.h"
#include "record/generators.h"
#include "record/loaded_interpreter.h"
#include "record/ownerless.h"
#include "record/private_facts.h"
#include "record/shares.h"
#include "record/stdio_output.h"
#include "state/modules.h"
#include "state/thread.h"

static void describe_process(void)
{
	process.pid = raw_getpid();
	process.parent_pid = (pid_t)raw_syscall(SYS_getppid);
	process.serial = atomic_fetch_add(&log_header()->next_process, 1) + 1;
	process.image = process.serial;
	process.kind = BIRTH_IMAGE;
	process.birth_ns = time_now();
	process.private_facts = wakers_address();
}

static void register_birth(void)
{
	struct session_birth birth = {
		.time_ns = process.birth_ns,
		.process = process.serial,
		.image = process.image,
		.pid = process.pid,
		.kind = BIRTH_IMAGE,
		.private_facts = process.private_facts,
	};

	process.birth_index = log_birth_reserve();
	log_birth_fill(process.birth_index, &birth);
}

/*
 * Valgrind runs the program on a processor of its own. It would blame the program for what
 * the shim does: copying stacks as they are, a mutex for life, words that many write. Asked
 * as valgrind.h documents it; a real processor turns a register once around.
 */
static bool is_under_valgrind(void)
{
	volatile uint64_t request[6] = {0x1001}; /* VG_USERREQ__RUNNING_ON_VALGRIND */
	uint64_t depth = 0;

	__asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "+d"(depth)
			 : "a"(request)
			 : "cc", "memory");
	return depth != 0;
}

/* libc has not seen the environment yet: getenv() is empty in the first constructor. */
__attribute__((constructor)) static void start(int count, char **arguments, char **environment)
{
	int saved = errno;
	const char *session = environ_value(environment, SESSION_ENVIRONMENT);

	(void)count;
	(void)arguments;
	/* Written to before anything is read there: one page fault, and not two. */
	process.can_read = true;
	real_ensure();
	environ_tidy(environment);
	if (session && real.is_complete && !is_under_valgrind() && log_open(session)) {
		time_start(log_header());
		describe_process();
		environ_start(session);
		modules_start(environment);
		wakers_start(objects_address());
		interpreter_start();
		random_start();
		process.active = true;
		/* The kernel lays the environment out above the first frame of main's stack. */
		thread_start_main((uintptr_t)environment);
		fork_start();
		register_birth();
	}
	errno = saved;
}

__attribute__((destructor)) static void finish(void)
{
	int saved = errno;

	child_end();
	shares_end();
	output_end(true);
	errno = saved;
}
