/*
 * The hooks of _exit() and _Exit() take leave of the process, for no destructor will run.
 * exit() takes a lock of libc's, and is wrapped with those.
 */
#include "base/process.h"
#include "base/real.h"
#include "fork/order.h"

static IN_CHILD _Noreturn void end_at_once(int status)
{
	real_ensure();
	order_at_end(false);
	real._exit(status);
	__builtin_unreachable();
}

EXPORT IN_CHILD _Noreturn void _exit(int status)
{
	end_at_once(status);
}

EXPORT _Noreturn void _Exit(int status)
{
	end_at_once(status);
}
