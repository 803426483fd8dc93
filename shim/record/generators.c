/*
 * libc's generators of random numbers are watched here: the first draw after a fork is
 * recorded. Any thread may draw or seed while another forks; what cannot be told then is not
 * recorded.
 */
#include "record/generators.h"
#include "base/process.h"
#include "base/real.h"
#include "record/copied.h"
#include "state/thread.h"

IN_START void random_start(void)
{
	for (enum copied_kind kind = COPIED_RANDOM; kind <= COPIED_RAND48; kind++)
		atomic_store(&process.generators[kind].identity, copied_identity());
}

/* After the clone, or a draw by another thread just before it would count. */
IN_CHILD void random_after_fork(void)
{
	for (enum copied_kind kind = COPIED_RANDOM; kind <= COPIED_RAND48; kind++)
		atomic_store_explicit(&process.generators[kind].is_watched, true,
				      memory_order_relaxed);
}

COLD void random_drawn(enum copied_kind kind)
{
	struct generator *generator = &process.generators[kind];
	int saved = errno;
	struct thread *thread = thread_current();

	/* A vfork child draws for its parent, which may draw itself later on. */
	if (thread && process_is_own() && atomic_exchange(&generator->is_watched, false)) {
		uint64_t identity = atomic_exchange(&generator->identity, copied_identity());

		if (identity)
			copied_record(thread, kind, identity,
				      generator->is_seeded ? 0 : COPIED_UNSEEDED);
	}
	errno = saved;
}

/* A child that is made while another thread seeds has neither the old state nor the new. */
struct generator *random_seed_begin(enum copied_kind kind)
{
	struct generator *generator = &process.generators[kind];

	real_ensure();
	atomic_store(&generator->identity, 0);
	return generator;
}

void random_seed_end(struct generator **generator)
{
	(*generator)->is_seeded = true;
	atomic_store(&(*generator)->is_watched, false);
	atomic_store(&(*generator)->identity, copied_identity());
}
