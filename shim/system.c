/*
 * The system calls that the shim makes, under libc's names and hidden: every call
 * in the shim ends here. A program may have a function of that name, a library
 * that it preloads may, and a sanitizer's may not be called before its runtime has
 * started. libc's open() and close() are cancellation points; these are not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

static long call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	if (result < 0 && result >= -4095) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

/* The shim creates no file. */
int open(const char *path, int flags, ...)
{
	return (int)call(SYS_open, (long)path, flags, 0, 0, 0, 0);
}

int close(int descriptor)
{
	return (int)call(SYS_close, descriptor, 0, 0, 0, 0, 0);
}

int stat(const char *restrict path, struct stat *restrict status)
{
	return (int)call(SYS_stat, (long)path, (long)status, 0, 0, 0, 0);
}

int fstat(int descriptor, struct stat *status)
{
	return (int)call(SYS_fstat, descriptor, (long)status, 0, 0, 0, 0);
}

ssize_t readlink(const char *restrict path, char *restrict to, size_t size)
{
	return call(SYS_readlink, (long)path, (long)to, (long)size, 0, 0, 0);
}

pid_t getpid(void)
{
	return (pid_t)call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

pid_t getppid(void)
{
	return (pid_t)call(SYS_getppid, 0, 0, 0, 0, 0, 0);
}

uid_t geteuid(void)
{
	return (uid_t)call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
}

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset)
{
	return (void *)call(SYS_mmap, (long)address, (long)length, protection, flags, descriptor,
			    offset);
}

int munmap(void *address, size_t length)
{
	return (int)call(SYS_munmap, (long)address, (long)length, 0, 0, 0, 0);
}

int madvise(void *address, size_t length, int advice)
{
	return (int)call(SYS_madvise, (long)address, (long)length, advice, 0, 0, 0);
}

int mincore(void *address, size_t length, unsigned char *resident)
{
	return (int)call(SYS_mincore, (long)address, (long)length, (long)resident, 0, 0, 0);
}

int getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
	return (int)call(SYS_getrlimit, (long)resource, (long)limit, 0, 0, 0, 0);
}

int getitimer(__itimer_which_t which, struct itimerval *value)
{
	return (int)call(SYS_getitimer, (long)which, (long)value, 0, 0, 0, 0);
}

ssize_t process_vm_readv(pid_t pid, const struct iovec *local, unsigned long local_count,
			 const struct iovec *remote, unsigned long remote_count,
			 unsigned long flags)
{
	return call(SYS_process_vm_readv, pid, (long)local, (long)local_count, (long)remote,
		    (long)remote_count, (long)flags);
}
