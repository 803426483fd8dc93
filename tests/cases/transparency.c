/*
 * Nothing changes. Each command runs without forkcheck and with it: status, output
 * and what it wrote to stderr must be the same, and no error may be reported. A
 * `build` that ends with SKIP has no tool for it, and says so.
 */
#include "../unit/suites.h"
#include "command.h"
#include "expect.h"
#include "run.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct transparency_case {
	const char *name;
	const char *build;
	const char *command; /* $RUN stands before the program that may be run with forkcheck */
	int status;          /* of the command, both times */
};

#define NEED(tool) "command -v " tool " >/dev/null || { echo no " tool "; exit 77; }\n"
#define NEED_ROOT  "test $(id -u) -eq 0 || { echo not root; exit 77; }\n"
#define PROGRAM(way)                                                                               \
	{                                                                                          \
		way, "", "$RUN transparent " way, 7                                                \
	}

/* The program of many modes, built in another way. */
#define BUILT(compiler, flags)                                                                     \
	NEED(compiler)                                                                             \
	compiler " " flags " -D_GNU_SOURCE -pthread -w -o p -I$SCRIPTS/.. $SCRIPTS/transparent.c " \
		 "2>why || { echo " compiler " " flags " does not work here; exit 77; }\n"
#define SANITIZED(compiler, sanitizer)                                                             \
	{                                                                                          \
		compiler " -fsanitize=" sanitizer, BUILT(compiler, "-g -fsanitize=" sanitizer),    \
			"$RUN ./p atfork; $RUN ./p mutexes; $RUN sh -c './p robust'", 7            \
	}

/* A program of its own, from here to END. */
#define C_PROGRAM(flags, text)                                                                     \
	"cc -D_GNU_SOURCE -w -pthread " flags " -o p -x c - <<'END' -ldl || exit 1\n" text "\nEND" \
	"\n"

/* Its own functions of libc's names must be called by nobody but itself. */
#define NAMES                                                                                      \
	"#include <stddef.h>\n"                                                                    \
	"#include <pthread.h>\n"                                                                   \
	"#include <sys/wait.h>\n"                                                                  \
	"static int calls;\n"                                                                      \
	"#define COUNTED(name) int my_##name() __asm__(#name); int my_##name() { return ++calls; " \
	"}\n"                                                                                      \
	"COUNTED(open) COUNTED(close) COUNTED(stat) COUNTED(fstat) COUNTED(getpid)\n"              \
	"COUNTED(getppid) COUNTED(geteuid) COUNTED(mmap) COUNTED(munmap) COUNTED(readlink)\n"      \
	"COUNTED(madvise) COUNTED(mincore) COUNTED(clock_gettime) COUNTED(getrlimit)\n"            \
	"COUNTED(process_vm_readv) COUNTED(strcmp) COUNTED(strncmp) COUNTED(memcmp)\n"             \
	"COUNTED(memchr) COUNTED(strlen) COUNTED(strchr) COUNTED(strncpy) COUNTED(memcpy)\n"       \
	"COUNTED(memset) COUNTED(memmove) COUNTED(strtol)\n"                                       \
	"static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;\n"                               \
	"static void *run(void *data)\n"                                                           \
	"{ pthread_mutex_lock(&lock); pthread_mutex_unlock(&lock); return data; }\n"               \
	"int main(void) {\n"                                                                       \
	"	int before = calls, status;\n"                                                           \
	"	pthread_t thread;\n"                                                                     \
	"	pthread_create(&thread, NULL, run, NULL);\n"                                             \
	"	pthread_join(thread, NULL);\n"                                                           \
	"	int child = fork();\n"                                                                   \
	"	if (child == 0) { run(NULL); _exit(calls ? 1 : 7); }\n"                                  \
	"	waitpid(child, &status, 0);\n"                                                           \
	"	return before || calls ? 1 : WEXITSTATUS(status);\n"                                     \
	"}"

/* The same of functions by which a function of libc's could reach another. */
#define OTHER_NAMES                                                                                \
	"#include <sched.h>\n"                                                                     \
	"#include <signal.h>\n"                                                                    \
	"#include <unistd.h>\n"                                                                    \
	"#include <sys/wait.h>\n"                                                                  \
	"static int calls;\n"                                                                      \
	"#define COUNTED(name) int my_##name() __asm__(#name); int my_##name() { return ++calls; " \
	"}\n"                                                                                      \
	"COUNTED(syscall) COUNTED(execve) COUNTED(execvpe) COUNTED(execveat) COUNTED(_exit)\n"     \
	"COUNTED(clone) COUNTED(getauxval) COUNTED(pthread_self) COUNTED(dlsym)\n"                 \
	"COUNTED(pthread_mutexattr_init) COUNTED(pthread_attr_getstacksize)\n"                     \
	"int __clone(int (*start)(void *), void *stack, int flags, void *argument, ...);\n"        \
	"static char *none[] = {\"none\", NULL}, stack[65536] __attribute__((aligned(16)));\n"     \
	"static int run(void *unused)\n"                                                           \
	"{ execv(\"/none\", none); execvp(\"no-program\", none); execl(\"/none\", \"none\", "      \
	"NULL);\n"                                                                                 \
	"execlp(\"no-program\", \"none\", NULL); _Exit(calls ? 1 : 7); }\n"                        \
	"int main(void) {\n"                                                                       \
	"	int status, other, child = fork();\n"                                                    \
	"	if (child == 0) run(NULL);\n"                                                            \
	"	waitpid(child, &status, 0);\n"                                                           \
	"	child = __clone(run, stack + sizeof(stack), SIGCHLD, NULL);\n"                           \
	"	waitpid(child, &other, 0);\n"                                                            \
	"	return calls || other != status ? 1 : WEXITSTATUS(status);\n"                            \
	"}"

/* Its runtime watches every lock that it is told of. */
#define MANY_THREADS                                                                               \
	"#include <pthread.h>\n"                                                                   \
	"static void *run(void *data) { return data; }\n"                                          \
	"int main(void) {\n"                                                                       \
	"	for (int i = 0; i < 300; i++) {\n"                                                       \
	"		pthread_t thread;\n"                                                                    \
	"		if (pthread_create(&thread, NULL, run, NULL) || pthread_join(thread, "                  \
	"NULL)) return 1;\n"                                                                       \
	"	}\n"                                                                                     \
	"	return 7;\n"                                                                             \
	"}"

/* What AddressSanitizer finds is found, and what the program starts has no runtime more. */
#define OVERFLOW                                                                                   \
	"#include <stdlib.h>\n"                                                                    \
	"int main(void) { system(\"case $LD_PRELOAD in *asan*) echo inherited;; esac\");\n"        \
	"char *volatile p = malloc(3); free(p); return p[1]; }"

/* libouter.so finds libinner.so by its own RUNPATH and by nothing else. */
#define LIBRARIES                                                                                  \
	"mkdir inner\n"                                                                            \
	"echo 'int inner(void) { return 7; }' | cc -shared -fPIC -o inner/libinner.so -x c -\n"    \
	"cc -D_GNU_SOURCE -shared -fPIC -o libouter.so -Wl,-rpath,'$ORIGIN/inner' -x c - "         \
	"<<'END'\n"                                                                                \
	"#include <dlfcn.h>\n"                                                                     \
	"#include <pthread.h>\n"                                                                   \
	"#include <stdio.h>\n"                                                                     \
	"static void before(void) { puts(\"before\"); fflush(stdout); }\n"                         \
	"__attribute__((constructor)) static void come(void)\n"                                    \
	"{ pthread_atfork(before, NULL, NULL); puts(\"come\"); }\n"                                \
	"__attribute__((destructor)) static void go(void) { puts(\"gone\"); }\n"                   \
	"int outer(void) { void *inner = dlopen(\"libinner.so\", RTLD_NOW);\n"                     \
	"return inner ? ((int (*)(void))dlsym(inner, \"inner\"))() : 1; }\n"                       \
	"END\n"
#define LOADS                                                                                      \
	"#include <dlfcn.h>\n"                                                                     \
	"#include <stdio.h>\n"                                                                     \
	"#include <sys/wait.h>\n"                                                                  \
	"#include <unistd.h>\n"                                                                    \
	"static void in_child(void) { int status; fflush(stdout);\n"                               \
	"if (!fork()) _exit(0); wait(&status); }\n"                                                \
	"int main(void) { void *outer = dlopen(\"./libouter.so\", RTLD_NOW);\n"                    \
	"int result = ((int (*)(void))dlsym(outer, \"outer\"))();\n"                               \
	"in_child(); dlclose(outer); in_child();\n"                                                \
	"printf(\"%d\\n\", dlopen(\"libinner.so\", RTLD_NOW) != NULL);\n"                          \
	"outer = dlmopen(LM_ID_NEWLM, \"./libouter.so\", RTLD_NOW);\n"                             \
	"printf(\"%d\\n\", outer ? ((int (*)(void))dlsym(outer, \"outer\"))() : 1);\n"             \
	"return result; }"

/* Nothing that a checker would find fault with. */
#define CALM                                                                                       \
	"#include <pthread.h>\n"                                                                   \
	"#include <sys/wait.h>\n"                                                                  \
	"static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;\n"                               \
	"static void *run(void *data)\n"                                                           \
	"{ pthread_mutex_lock(&lock); pthread_mutex_unlock(&lock); return data; }\n"               \
	"int main(void) { pthread_t thread; int status;\n"                                         \
	"pthread_create(&thread, NULL, run, NULL); pthread_join(thread, NULL);\n"                  \
	"if (!fork()) { run(NULL); _exit(7); } wait(&status); return WEXITSTATUS(status); }"

/* One thing after the other is given to another thread, in every way that a checker must know. */
#define HANDED_OVER                                                                                \
	"#include <pthread.h>\n"                                                                   \
	"#include <semaphore.h>\n"                                                                 \
	"#include <time.h>\n"                                                                      \
	"static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;\n"                              \
	"static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;\n"                            \
	"static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;\n"                           \
	"static pthread_spinlock_t spin;\n"                                                        \
	"static pthread_barrier_t barrier;\n"                                                      \
	"static sem_t semaphore;\n"                                                                \
	"static int signalled, met, posted, written, spun;\n"                                      \
	"#define WAIT(set, take, give, lock) for (int is = 0; !is; give(&lock)) { take(&lock); "   \
	"is = set; }\n"                                                                            \
	"static void *work(void *data) {\n"                                                        \
	"pthread_mutex_lock(&mutex); signalled = 1;\n"                                             \
	"pthread_cond_signal(&condition); pthread_mutex_unlock(&mutex);\n"                         \
	"met = 1; pthread_barrier_wait(&barrier);\n"                                               \
	"posted = 1; sem_post(&semaphore);\n"                                                      \
	"pthread_rwlock_wrlock(&rwlock); written = 1; pthread_rwlock_unlock(&rwlock);\n"           \
	"pthread_spin_lock(&spin); spun = 1; pthread_spin_unlock(&spin);\n"                        \
	"return data; }\n"                                                                         \
	"int main(void) { pthread_t thread; struct timespec far;\n"                                \
	"pthread_spin_init(&spin, 0); pthread_barrier_init(&barrier, NULL, 2);\n"                  \
	"sem_init(&semaphore, 0, 0);\n"                                                            \
	"clock_gettime(CLOCK_REALTIME, &far); far.tv_sec += 1000;\n"                               \
	"pthread_mutex_lock(&mutex); pthread_create(&thread, NULL, work, NULL);\n"                 \
	"while (!signalled) pthread_cond_timedwait(&condition, &mutex, &far);\n"                   \
	"pthread_mutex_unlock(&mutex);\n"                                                          \
	"pthread_barrier_wait(&barrier); met++;\n"                                                 \
	"sem_wait(&semaphore); posted++;\n"                                                        \
	"WAIT(written, pthread_rwlock_rdlock, pthread_rwlock_unlock, rwlock)\n"                    \
	"WAIT(spun, pthread_spin_lock, pthread_spin_unlock, spin)\n"                               \
	"pthread_join(thread, NULL); return signalled + met + posted + written + spun; }"

/* A lock around which the program puts its own function, in front of everybody's. */
#define WRAPS                                                                                      \
	"#include <dlfcn.h>\n"                                                                     \
	"#include <pthread.h>\n"                                                                   \
	"#include <sys/wait.h>\n"                                                                  \
	"#include <stdio.h>\n"                                                                     \
	"static int locked, forked;\n"                                                             \
	"int pthread_mutex_lock(pthread_mutex_t *mutex) { locked++;\n"                             \
	"return ((int (*)(void *))dlsym(RTLD_NEXT, \"pthread_mutex_lock\"))(mutex); }\n"           \
	"int fork(void) { forked++; return ((int (*)(void))dlsym(RTLD_NEXT, \"fork\"))(); }\n"     \
	"static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;\n"                               \
	"static void *run(void *data)\n"                                                           \
	"{ pthread_mutex_lock(&lock); pthread_mutex_unlock(&lock); return data; }\n"               \
	"int main(void) { pthread_t thread; int status, child;\n"                                  \
	"pthread_create(&thread, NULL, run, NULL); pthread_join(thread, NULL);\n"                  \
	"child = fork(); if (!child) { run(NULL); _exit(7); } waitpid(child, &status, 0);\n"       \
	"printf(\"%d %d\\n\", locked, forked); return WEXITSTATUS(status); }"

#define THREADS_IN_GO                                                                              \
	"package main\n"                                                                           \
	"import (\"C\"; \"fmt\"; \"os/exec\"; \"sync\")\n"                                         \
	"func main() { var group sync.WaitGroup; var lock sync.Mutex; count := 0\n"                \
	"for i := 0; i < 20; i++ { group.Add(1); go func() { defer group.Done()\n"                 \
	"out, _ := exec.Command(\"echo\", \"x\").Output()\n"                                       \
	"lock.Lock(); count += len(out); lock.Unlock() }() }\n"                                    \
	"group.Wait(); fmt.Println(count) }\n"

static const struct transparency_case cases[] = {
	PROGRAM("results"),
	PROGRAM("mutexes"),
	PROGRAM("robust"),
	PROGRAM("cancellation"),
	PROGRAM("cancelled-asleep"),
	PROGRAM("thread-ends"),
	PROGRAM("main-ends"),
	PROGRAM("small-stacks"),
	PROGRAM("atfork"),
	PROGRAM("signals"),
	PROGRAM("handler-forks"),
	PROGRAM("handler-jumps"),
	PROGRAM("descriptors"),
	PROGRAM("undumpable"),
	PROGRAM("seccomp"),
	PROGRAM("seccomp-number"),
	PROGRAM("seccomp-strict"),
	PROGRAM("timeless"),
	PROGRAM("crashes"),
	{"chroot", NEED_ROOT, "rm -rf root; $RUN transparent chroot", 7},
	{"functions of libc's names", C_PROGRAM("-rdynamic -fno-builtin", NAMES), "$RUN ./p", 7},
	{"names by which libc's functions call each other",
	 C_PROGRAM("-rdynamic -fno-builtin", OTHER_NAMES), "$RUN ./p", 7},
	{"functions of our names", C_PROGRAM("-rdynamic", WRAPS), "$RUN ./p", 7},
	{"libraries", LIBRARIES C_PROGRAM("", LOADS), "$RUN ./p", 7},

	SANITIZED("gcc", "address"),
	SANITIZED("gcc", "undefined"),
	SANITIZED("gcc", "leak"),
	SANITIZED("clang", "address"),
	SANITIZED("clang", "undefined"),
	SANITIZED("clang", "leak"),
	{"gcc -fsanitize=thread", BUILT("gcc", "-g -fsanitize=thread"), "$RUN ./p atfork", 7},
	{"clang -fsanitize=thread", BUILT("clang", "-g -fsanitize=thread"), "$RUN ./p atfork", 7},
	{"threads that come and go under ThreadSanitizer",
	 NEED("gcc") C_PROGRAM("-g -fsanitize=thread", MANY_THREADS), "$RUN ./p", 7},
	{"what ThreadSanitizer knows", NEED("gcc") C_PROGRAM("-g -fsanitize=thread", HANDED_OVER),
	 "$RUN ./p", 7},
	{"what AddressSanitizer finds", C_PROGRAM("-fsanitize=address", OVERFLOW),
	 "$RUN ./p 2>&1 | grep -o 'AddressSanitizer: heap-use[a-z-]*\\|inherited'; exit 7", 7},
	{"an AddressSanitizer preload of the user's", C_PROGRAM("-fsanitize=address", OVERFLOW),
	 "LD_PRELOAD=$(cc -print-file-name=libasan.so) ASAN_OPTIONS=exitcode=7 $RUN true; exit 7",
	 7},

	{"valgrind", NEED("valgrind"),
	 "$RUN sh -c 'valgrind -q --error-exitcode=9 transparent mutexes; exit $?'", 7},
	{"helgrind and drd", NEED("valgrind") C_PROGRAM("-g", CALM),
	 "for tool in helgrind drd memcheck; do\n"
	 "$RUN valgrind -q --tool=$tool --error-exitcode=9 ./p; echo $?; done; exit 7",
	 7},
	{"valgrind as the program", NEED("valgrind"),
	 "$RUN valgrind -q --tool=memcheck transparent mutexes; exit 7", 7},
	{"strace", NEED("strace"), "$RUN strace -f -qq -o /dev/null transparent robust", 7},
	{"gdb", NEED("gdb"),
	 "$RUN gdb -nx -q -batch -ex 'run >out' -ex 'p $_exitcode' --args transparent mutexes |\n"
	 "grep '^.1 = '; cat out; exit 7",
	 7},
	{"gdb in the program, strace in the child", NEED("gdb") NEED("strace"),
	 "$RUN gdb -nx -q -batch -ex 'run >out' -ex 'p $_exitcode' --args sh -c "
	 "'strace -f -qq -o /dev/null transparent robust' | grep '^.1 = '; cat out; exit 7",
	 7},
	{"jemalloc", "ls /usr/lib/*/libjemalloc.so.2 || exit 77\n",
	 "$RUN env LD_PRELOAD=$(ls /usr/lib/*/libjemalloc.so.2) transparent atfork", 7},
	{"tcmalloc", "ls /usr/lib/*/libtcmalloc_minimal.so.4 || exit 77\n",
	 "$RUN env LD_PRELOAD=$(ls /usr/lib/*/libtcmalloc_minimal.so.4) transparent small-stacks",
	 7},
	{"Go, with libc",
	 NEED("go") "cat >p.go <<'END'\n" THREADS_IN_GO "END\n"
		    "HOME=${HOME:-$PWD} go build -o p p.go || exit 77\n",
	 "$RUN ./p; exit 7", 7},
	{"Java",
	 NEED("java") NEED("javac") "cat >P.java <<'END'\n"
				    "public class P { public static void main(String[] a) throws "
				    "Exception {\n"
				    "for (int i = 0; i < 4; i++) new ProcessBuilder(\"echo\", "
				    "\"x\").inheritIO().start()"
				    ".waitFor(); System.exit(7); } }\n"
				    "END\n"
				    "javac P.java || exit 77\n",
	 "$RUN java -Xshare:auto P", 7},
};

/* Both ways, each in a shell of its own; the folder is the same. Prints what differs. */
static char *script_of(const struct transparency_case *expected)
{
	char *script = NULL;

	if (asprintf(&script,
		     "( :\n%s\n) >built 2>&1 || { s=$?; cat built; exit $s; }\n"
		     "once() { export RUN=\"$1\"; sh -c \"$COMMAND\" >$2.out 2>$2.err; "
		     "echo status $? >>$2.out; }\n"
		     "COMMAND=$(cat <<'COMMAND_ENDS'\n%s\nCOMMAND_ENDS\n)\n"
		     "once '' alone\n"
		     "once \"$FORKCHECK --quiet --format=json -o report.json --\" observed\n"
		     "grep -qx 'status %d' alone.out || cat alone.out alone.err\n"
		     "diff alone.out observed.out && diff alone.err observed.err\n",
		     expected->build, expected->command, expected->status) < 0)
		return NULL;
	return script;
}

static const char *judge(const struct run *run)
{
	const json_t *summary = json_object_get(run->report, "summary");
	const json_t *observed = json_object_get(json_object_get(run->report, "run"), "observed");

	if (run->status != 0 || run->output[0] != '\0')
		return "it is not the same with forkcheck";
	if (run->errors[0] != '\0')
		return "stderr";
	if (run->left_behind != 0)
		return "files were left behind";
	if (!run->report)
		return "there is no report";
	if (json_integer_value(json_object_get(summary, "errors")) != 0)
		return "an error was reported";
	return json_is_true(observed) ? NULL : "it was not observed";
}

static void run_case(const struct transparency_case *expected)
{
	char *script = script_of(expected);
	const char *difference;
	struct run run;

	ck_assert_ptr_nonnull(script);
	run_script(&run, script);
	free(script);
	if (run.status == SKIP) {
		printf("skipped: %s: %s", expected->name, run.output);
		fflush(stdout);
	} else {
		difference = judge(&run);
		if (difference != NULL)
			ck_abort_msg("%s: %s (status %d)\n%.2000s%.2000s", expected->name,
				     difference, run.status, run.output, run.errors);
	}
	run_free(&run);
}

START_TEST(test_transparency)
{
	for (int i = run_repeats(); i > 0; i--)
		run_case(&cases[_i]);
}
END_TEST

Suite *transparency_suite(void)
{
	Suite *suite = suite_create("transparency");
	TCase *transparency = tcase_create("transparency");

	tcase_set_timeout(transparency, 70.0 * run_repeats());
	tcase_add_loop_test(transparency, test_transparency, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, transparency);
	return suite;
}
