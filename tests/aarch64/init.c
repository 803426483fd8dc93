/*
 * The first process of the machine that tests/aarch64/machine starts. Loads the drivers that
 * lie beside it, changes over to the disk, runs the command that the host left in the shared
 * folder, and leaves its exit status there. It is linked statically: nothing else is there yet.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define DISK          "/dev/vda"
#define DISK_TRIES    1000
#define DISK_PAUSE_NS 10000000
#define COMMAND       "/share/command"
#define STATUS        "/share/status"
#define STACK_BYTES   (8u << 20)
#define NOT_STARTED   127
#define ENDED_BY      128

static void complain(const char *what)
{
	printf("init: %s: %m\n", what);
}

/* The host knows by the status that is missing that something went wrong. */
static void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	_exit(1);
}

static void give_up(const char *what)
{
	complain(what);
	power_off();
}

/* The kernel's messages and all that the command says go there, as it is said. */
static void open_console(void)
{
	struct termios terminal;
	int console = open("/dev/console", O_RDWR);

	for (int descriptor = 0; descriptor < 3; descriptor++)
		dup2(console, descriptor);
	if (console > 2)
		close(console);
	setvbuf(stdout, NULL, _IONBF, 0);
	if (tcgetattr(STDOUT_FILENO, &terminal) == 0) {
		terminal.c_oflag &= ~(tcflag_t)OPOST;
		tcsetattr(STDOUT_FILENO, TCSANOW, &terminal);
	}
}

static int is_driver(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Their names begin with a number: one needs another. */
static void load_drivers(void)
{
	struct dirent **names;
	int count = scandir("/drivers", &names, is_driver, alphasort);

	for (int i = 0; i < count; i++) {
		char path[sizeof(names[i]->d_name) + sizeof("/drivers/")];
		int file;

		snprintf(path, sizeof(path), "/drivers/%s", names[i]->d_name);
		file = open(path, O_RDONLY | O_CLOEXEC);
		if (syscall(SYS_finit_module, file, "", 0))
			complain(path);
		close(file);
	}
}

static void mount_at(const char *what, const char *where, const char *type, const char *options)
{
	mkdir(where, 0755);
	if (mount(what, where, type, 0, options))
		complain(where);
}

/* The drivers find the disk on their own time, and nothing tells of it without udev. */
static void wait_for_disk(void)
{
	static const struct timespec pause = {.tv_nsec = DISK_PAUSE_NS};

	for (int i = 0; access(DISK, F_OK) && i < DISK_TRIES; i++)
		nanosleep(&pause, NULL);
}

static void change_to_disk(void)
{
	wait_for_disk();
	mkdir("/disk", 0755);
	if (mount(DISK, "/disk", "ext4", MS_NOATIME, ""))
		give_up("the disk");
	if (chdir("/disk") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot("."))
		give_up("the change to the disk");
}

static void mount_all(void)
{
	mount_at("proc", "/proc", "proc", "");
	mount_at("sys", "/sys", "sysfs", "");
	mount_at("dev", "/dev", "devtmpfs", "");
	mount_at("pts", "/dev/pts", "devpts", "mode=620,ptmxmode=666");
	mount_at("shm", "/dev/shm", "tmpfs", "");
	mount_at("run", "/run", "tmpfs", "");
	mount_at("tmp", "/tmp", "tmpfs", "mode=1777");
	mount_at("share", "/share", "9p", "trans=virtio,version=9p2000.L,msize=512000");
	if (symlink("/proc/self/fd", "/dev/fd") || symlink("/proc/self/fd/0", "/dev/stdin") ||
	    symlink("/proc/self/fd/1", "/dev/stdout") || symlink("/proc/self/fd/2", "/dev/stderr"))
		complain("/dev/fd");
}

static void start_network(void)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (ioctl(any, SIOCSIFFLAGS, &loopback))
		complain("lo");
	close(any);
}

static void run_command(void)
{
	static char *const environment[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
		"LC_ALL=C.UTF-8", "TERM=dumb", NULL};
	struct rlimit stack = {STACK_BYTES, RLIM_INFINITY};
	int nothing = open("/dev/null", O_RDONLY);

	setsid();
	setrlimit(RLIMIT_STACK, &stack);
	dup2(nothing, STDIN_FILENO);
	close(nothing);
	execle("/bin/sh", "sh", COMMAND, NULL, environment);
	complain("/bin/sh");
	_exit(NOT_STARTED);
}

static void leave_status(int status)
{
	FILE *file = fopen(STATUS, "we");

	if (!file)
		give_up(STATUS);
	fprintf(file, "%d\n",
		WIFEXITED(status) ? WEXITSTATUS(status) : ENDED_BY + WTERMSIG(status));
	fclose(file);
}

int main(void)
{
	pid_t command, ended;
	int status = 0;

	mount_at("dev", "/dev", "devtmpfs", "");
	open_console();
	load_drivers();
	change_to_disk();
	mount_all();
	sethostname("aarch64", strlen("aarch64"));
	start_network();
	command = fork();
	if (command == 0)
		run_command();
	/* Children of others that are left behind come here, too. */
	do
		ended = wait(&status);
	while (ended > 0 && ended != command);
	leave_status(status);
	power_off();
}
