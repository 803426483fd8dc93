/*
 * The hooks of dlopen(), dlmopen() and dlclose() note that the list of libraries changes.
 * They run among threads that do the same.
 */
#include "base/process.h"
#include "base/real.h"
#include "state/modules.h"

/*
 * The loader finds the caller of dlopen by the return address and takes its
 * RUNPATH: the wrapper must be gone when dlopen runs. With -O2 both of these
 * are jumps; a test disassembles them.
 */
EXPORT void *dlopen(const char *file, int mode)
{
	real_ensure();
	modules_note_change();
	return real.dlopen(file, mode);
}

EXPORT void *dlmopen(long namespace, const char *file, int mode)
{
	real_ensure();
	modules_note_change();
	return real.dlmopen(namespace, file, mode);
}

/* Stacks in the log may point into what is unloaded now: name it while it is there. */
EXPORT int dlclose(void *handle)
{
	int saved = errno;

	real_ensure();
	if (process.active) {
		modules_sync();
		modules_note_change();
	}
	errno = saved;
	return real.dlclose(handle);
}
