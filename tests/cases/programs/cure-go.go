// cure-go WHAT [cured]: Go calls C, which forks. WHAT: "lock", a thread of C's holds a lock;
// "condition", the child waits for such a thread. cured: Go starts the child, which execs.
package main

// #include <pthread.h>
// #include <sys/wait.h>
// #include <unistd.h>
// static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER, mutex = PTHREAD_MUTEX_INITIALIZER;
// static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
// static int asked, answered;
// static void *serve(void *unused)
// {
// 	pthread_mutex_lock(&log_mutex);
// 	pthread_mutex_lock(&mutex);
// 	for (;;) {
// 		while (!asked)
// 			pthread_cond_wait(&changed, &mutex);
// 		asked = 0;
// 		answered = 1;
// 		pthread_cond_broadcast(&changed);
// 	}
// 	return unused;
// }
// static void start(void)
// {
// 	pthread_t thread;
//
// 	pthread_create(&thread, NULL, serve, NULL);
// }
// static void ask(void)
// {
// 	pthread_mutex_lock(&mutex);
// 	asked = 1;
// 	answered = 0;
// 	pthread_cond_broadcast(&changed);
// 	while (!answered)
// 		pthread_cond_wait(&changed, &mutex);
// 	pthread_mutex_unlock(&mutex);
// }
// static void work(int takes_lock)
// {
// 	if (takes_lock)
// 		pthread_mutex_lock(&log_mutex);
// 	else
// 		ask();
// }
// static int fork_and_work(int takes_lock)
// {
// 	int status;
// 	pid_t child = fork();
//
// 	if (child == 0) {
// 		work(takes_lock);
// 		_exit(0);
// 	}
// 	waitpid(child, &status, 0);
// 	return status;
// }
import "C"

import (
	"os"
	"os/exec"
)

func takesLock() C.int {
	if os.Args[1] == "lock" {
		return 1
	}
	return 0
}

func main() {
	if len(os.Args) > 3 {
		if takesLock() == 0 {
			C.start()
		}
		C.work(takesLock())
		return
	}
	C.start()
	C.ask()
	if len(os.Args) == 2 {
		os.Exit(int(C.fork_and_work(takesLock())) % 255)
	}
	if exec.Command("/proc/self/exe", os.Args[1], "cured", "worker").Run() != nil {
		os.Exit(1)
	}
}
