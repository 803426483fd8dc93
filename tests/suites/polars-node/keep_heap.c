/*
 * V8 advises the kernel not to give its heap to fork children (MADV_DONTFORK):
 * in a bare fork child the next line of JavaScript is a segmentation fault, and
 * Polars is never reached. With this library preloaded the advice is not given.
 */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int madvise(void *address, size_t length, int advice)
{
	if (advice == MADV_DONTFORK)
		return 0;
	return (int)syscall(SYS_madvise, address, length, advice);
}
