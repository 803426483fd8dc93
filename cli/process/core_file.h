/*
 * A core file stands behind the functions of this folder as a process does, under a number that
 * no process has: whoever works with the number of a process may have that of a core.
 *
 * The dumping process is gone or has gone on, so that two looks at a core are always equal. What
 * a core does not tell is answered as for a process that cannot be asked, so that it proves
 * nothing: it may have children, POSIX timers, a ring of io_uring, and its memory in common with
 * another process (procfs_has_children() and the like: true); it catches every signal
 * (procfs_catches(), process_look.caught); nothing is known of its descriptors, its environment
 * and the place of its stack (holders.h, procfs_has_variable(): true, procfs_has_random_layout():
 * false); its starts and counts of work are 0; a mapping of a file that is no ELF file and can be
 * written may be shared (REACH_UNKNOWN). Threads have no names in a core: the first has that of
 * the process. Debuggers do not say which signals are blocked: none.
 */
#ifndef FORKCHECK_CORE_FILE_H
#define FORKCHECK_CORE_FILE_H

#include "memory_map.h"
#include "procfs.h"
#include "shim/common/arch/arch.h"

/*
 * Opens a core of the kernel, of systemd-coredump or of a debugger (gcore) and checks all of its
 * headers. `exe_path`: its program, where that is not any more at the path that the core has;
 * NULL: it is. Returns its number, above all that the kernel gives out (PID_MAX_LIMIT). 0:
 * *problem says why, in a clause that is valid until the next call.
 */
pid_t core_open(const char *core_path, const char *exe_path, const char **problem);
void core_close_all(void);

bool core_is(pid_t pid);

/* --- of a number for which core_is() is true ----------------------------------- */

/* The number that the process had, and its parent's (0: unknown). Its first thread has the number
 * of the core in looks and lists; procfs_inner_tid() says the one that it had. */
pid_t core_pid(pid_t pid);
pid_t core_parent(pid_t pid);

/* Is it a fork child of the other, without an exec since? exec draws 16 random bytes (AT_RANDOM).
 */
bool core_is_copy(pid_t pid, pid_t parent);

/* Where its program was, and the beginning of its arguments. "": unknown. */
const char *core_program(pid_t pid);
const char *core_arguments(pid_t pid);

/* The signal that ended it; 0: none, a debugger wrote the core of a process that went on. */
int core_signal(pid_t pid);

/*
 * The numbers of its threads are those by which it knew them itself, so that the owner of a lock
 * can be looked for among them. False where a debugger wrote the core, perhaps from outside of a
 * PID namespace, and libc's descriptor of the first thread has another number than the core. Then
 * procfs_inner_tid() says what is in the descriptors, if all have one; after a fork by a raw system
 * call that is the number of the thread that forked.
 */
bool core_has_own_numbers(pid_t pid);

/* A file that it had mapped and that is another one by now, or cannot be read; NULL: none. What
 * the core lacks of its code is not there then. */
const char *core_lost_file(pid_t pid);

/* --- what the functions of the same names answer from ---------------------------- */

bool core_look(pid_t pid, struct process_look *look);
bool core_quick_check_task(pid_t pid, pid_t tid, struct task_look *task);
char core_state(pid_t pid);
unsigned core_task_count(pid_t pid);
size_t core_tasks(pid_t pid, struct procfs_task *tasks, size_t capacity);
void core_name(pid_t pid, pid_t tid, char *name, size_t capacity);
pid_t core_inner_tid(pid_t pid, pid_t tid);
/* The number of the core of its parent, if that is open, too; 0: it is not. */
pid_t core_open_parent(pid_t pid);
size_t core_copy_program(pid_t pid, char *path, size_t capacity);
bool core_registers_of(pid_t pid, pid_t tid, struct task_registers *registers);
bool core_each_mapping(pid_t pid, bool (*visit)(const struct mapping *mapping, void *data),
		       void *data);
enum reach core_reach(const struct mapping *mapping, bool is_private_wait);
size_t core_read(pid_t pid, uint64_t address, void *to, size_t capacity);

#endif
