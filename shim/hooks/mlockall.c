/*
 * The hook of mlockall() leaves the log out. That is no memory of the program's: the kernel
 * refuses to lock a process with more memory than RLIMIT_MEMLOCK, and the log alone may be
 * more.
 */
#include "base/mappings.h"
#include "base/process.h"
#include "base/real.h"
#include "common/raw.h"
#include "log/log.h"

REAL(int, mlockall, (int));

struct range {
	uint64_t start, end;
};

static struct range read_range(const char *line)
{
	struct range range = {.start = maps_number(&line, 16)};

	line++;
	range.end = maps_number(&line, 16);
	return range;
}

static bool is_log(struct range range)
{
	uint64_t log = (uint64_t)(uintptr_t)log_header();

	return range.start <= log && log < range.end;
}

static bool add_size(const char *line, void *data)
{
	struct range range = read_range(line);

	/* [vsyscall], in the kernel's half, is no mapping of the process'. */
	if (!is_log(range) && (int64_t)range.end > 0)
		*(uint64_t *)data += range.end - range.start;
	return false;
}

/* As mlockall does, goes on where there is no memory behind an address. */
static bool lock_range(const char *line, void *data)
{
	struct range range = read_range(line);

	if (!is_log(range))
		raw_syscall(SYS_mlock2, range.start, range.end - range.start, *(int *)data);
	return false;
}

static bool fits_without_log(void)
{
	struct rlimit limit;
	uint64_t size = 0;

	maps_walk(add_size, &size);
	return size && !raw_getrlimit(RLIMIT_MEMLOCK, &limit) && size <= limit.rlim_cur;
}

/* The same for each mapping, and for those to come. */
static void lock_all_but_log(int flags)
{
	int way = flags & MCL_ONFAULT ? MLOCK_ONFAULT : 0;

	if (flags & MCL_FUTURE)
		real_mlockall(flags & ~MCL_CURRENT);
	else
		raw_syscall(SYS_munlockall);
	maps_walk(lock_range, &way);
}

static int lock_all(int flags)
{
	int saved = errno, result = real_mlockall(flags), reason = errno;

	if (!log_header() || process.is_filtered)
		return result;
	if (result == 0) {
		raw_syscall(SYS_munlock, log_header(), log_header()->file_size);
	} else if (reason == ENOMEM && flags & MCL_CURRENT && fits_without_log()) {
		lock_all_but_log(flags);
		result = 0;
	}
	errno = result ? reason : saved;
	return result;
}

EXPORT int mlockall(int flags)
{
	real_ensure();
	return lock_all(flags);
}
