/*
 * The hooks of drand48() and its kin note who draws and who seeds. None of these takes a
 * lock; random() and rand(), which do, are in libc_locks.c.
 */
#include "base/real.h"
#include "record/generators.h"

REAL(double, drand48, (void));
REAL(long, lrand48, (void));
REAL(long, mrand48, (void));
REAL(void, srand48, (long));
REAL(unsigned short *, seed48, (unsigned short *));
REAL(void, lcong48, (unsigned short *));

EXPORT double drand48(void)
{
	real_ensure();
	random_draw(COPIED_RAND48);
	return real_drand48();
}

EXPORT long lrand48(void)
{
	real_ensure();
	random_draw(COPIED_RAND48);
	return real_lrand48();
}

EXPORT long mrand48(void)
{
	real_ensure();
	random_draw(COPIED_RAND48);
	return real_mrand48();
}

EXPORT void srand48(long seed)
{
	SEEDING(COPIED_RAND48);
	real_srand48(seed);
}

EXPORT unsigned short *seed48(unsigned short state[3])
{
	SEEDING(COPIED_RAND48);
	return real_seed48(state);
}

EXPORT void lcong48(unsigned short parameters[7])
{
	SEEDING(COPIED_RAND48);
	real_lcong48(parameters);
}
