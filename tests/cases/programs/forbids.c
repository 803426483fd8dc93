/*
 * forbids ERRNO CALL,... PROGRAM ARGS: runs it with system calls that fail, as a container's filter
 * has it: ptrace, process_vm_readv, kcmp, pidfd_open.
 */
#include "case.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

static const struct {
	const char *name;
	unsigned number;
} calls[] = {
	{"ptrace", SYS_ptrace},
	{"process_vm_readv", SYS_process_vm_readv},
	{"kcmp", SYS_kcmp},
	{"pidfd_open", SYS_pidfd_open},
};

static unsigned number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	errx(2, "%s", name);
}

static void forbid(unsigned call, unsigned code)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		err(77, "seccomp");
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	for (char *name = strtok(argv[2], ","); name; name = strtok(NULL, ","))
		forbid(number_of(name), (unsigned)atoi(argv[1]));
	execv(argv[3], argv + 3);
	err(127, "%s", argv[3]);
}
