/* _exit() and _Exit(): no destructor runs, so the process is taken leave of here. exit()
 * takes a lock of libc's, and is wrapped with those. */
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
