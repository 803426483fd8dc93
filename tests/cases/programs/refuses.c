/*
 * refuses PROGRAM ARGS: runs it so that it ends by SIGSYS as soon as it makes a
 * process, executes a program, opens a socket, sends a signal, or looks into
 * another process. For what must only read files.
 */
#include "case.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>

#define REFUSE(call)                                                                               \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1),                                         \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))

/* Its own exec is told from one of the program's by the address of the path: no other has it. */
static void refuse(const char *path)
{
	uint32_t low = (uint32_t)(uintptr_t)path;
	struct sock_filter filter[] = {
		LOAD(offsetof(struct seccomp_data, nr)),
#ifdef SYS_fork
		REFUSE(SYS_fork),
		REFUSE(SYS_vfork),
#endif
		REFUSE(SYS_clone),
		REFUSE(SYS_clone3),
		REFUSE(SYS_execveat),
		REFUSE(SYS_socket),
		REFUSE(SYS_connect),
		REFUSE(SYS_kill),
		REFUSE(SYS_tgkill),
		REFUSE(SYS_pidfd_send_signal),
		REFUSE(SYS_ptrace),
		REFUSE(SYS_process_vm_readv),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 0, 3),
		LOAD(offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		err(77, "seccomp");
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	refuse(argv[1]);
	execv(argv[1], argv + 1);
	err(127, "%s", argv[1]);
}
