/*
 * This hook sees futexes that are asked for through syscall(): Rust, GLib, abseil, libstdc++.
 * Who woke and who waited last is noted under the address of the word, which is often not the
 * lock. It is async-signal-safe.
 */
#include "hooks/futex.h"
#include "record/ownerless.h"
#include "record/uses.h"
#include "state/thread.h"
#include <linux/futex.h>

COLD void futex_called(const void *word, long operation, const void *site)
{
	struct thread *thread = thread_current();

	if (process.active)
		use_record_futex(site);
	/* Private or not, with either clock: the same. */
	switch (operation & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		object_awaited(word, LOCK_FUTEX, site);
		if (thread)
			handover_awaits(thread, object_key(word, LOCK_FUTEX));
		break;
	case FUTEX_WAKE:
	case FUTEX_WAKE_BITSET:
	case FUTEX_WAKE_OP:
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
		object_gave(word, LOCK_FUTEX, site);
		if (thread)
			handover_gives(thread, object_key(word, LOCK_FUTEX));
		break;
	default:
		break;
	}
}
