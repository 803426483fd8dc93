/*
 * The loader calls these functions, at the start and at the end. The constructor is the first
 * of the process (DF_1_INITFIRST), runs alone, and is the only place that opens anything.
 */
#include "base/environ.h"
#include "base/process.h"
#include "base/real.h"
#include "common/arch/arch.h"
#include "fork/fork_scope.h"
#include "fork/identity.h"
#include "fork/order.h"
#include "log/log.h"

/*
 * Valgrind runs the program on a processor of its own. It would blame the program for what
 * the shim does: copying stacks as they are, a mutex for life, words that many write.
 */
static bool is_under_valgrind(void)
{
	volatile uint64_t request[6] = {0x1001}; /* VG_USERREQ__RUNNING_ON_VALGRIND */

	return arch_ask_valgrind(request) != 0;
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
		order_start(session, environment);
		fork_start();
		identity_register();
	}
	errno = saved;
}

__attribute__((destructor)) static void start_finish(void)
{
	int saved = errno;

	order_at_end(true);
	errno = saved;
}
