/* SAFE kind=file-lock a record lock belongs to the parent process, whose thread gives it back */
#include "lat.h"
#include <fcntl.h>
static int fd;

static void file_lock(int type)
{
	struct flock l = {.l_type = (short)type, .l_whence = SEEK_SET, .l_len = 1};
	while (fcntl(fd, F_SETLKW, &l) != 0 && errno == EINTR)
		continue;
}

static void *holder(void *u)
{
	for (;; usleep(2200)) {
		file_lock(F_WRLCK);
		stretch();
		file_lock(F_UNLCK);
	}
	return u;
}

static int child_main(void)
{
	file_lock(F_WRLCK);
	file_lock(F_UNLCK);
	return 0;
}

int main(void)
{
	FILE *f = tmpfile();

	begin();
	if (!f)
		return 2;
	fd = fileno(f);
	spawn(holder, NULL);
	_exit(forks(4, 5300, child_main));
}
