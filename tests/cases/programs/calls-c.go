// calls-c [given]: Go calls C, which forks while a thread of C's holds a lock. "given": it has
// given it back. The goroutine's own frames are on another stack than C's.
package main

// #include <pthread.h>
// #include <semaphore.h>
// #include <sys/wait.h>
// #include <unistd.h>
// static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;
// static sem_t taken;
// static int gives;
// static void *hold(void *unused)
// {
// 	pthread_mutex_lock(&log_mutex);
// 	if (gives)
// 		pthread_mutex_unlock(&log_mutex);
// 	sem_post(&taken);
// 	pause();
// 	return unused;
// }
// static void start(int is_given)
// {
// 	pthread_t thread;
//
// 	gives = is_given;
// 	sem_init(&taken, 0, 0);
// 	pthread_create(&thread, NULL, hold, NULL);
// 	sem_wait(&taken);
// }
// static int work(void)
// {
// 	int status;
// 	pid_t child = fork();
//
// 	if (child == 0) {
// 		pthread_mutex_lock(&log_mutex);
// 		_exit(0);
// 	}
// 	waitpid(child, &status, 0);
// 	return status;
// }
import "C"

import (
	"os"
	"runtime"
)

func spawnWorker() int { return int(C.work()) }

func main() {
	// That Go's scheduler goes on in another thread orders what C did in the two: no hook sees it.
	runtime.LockOSThread()
	C.start(C.int(len(os.Args) - 1))
	os.Exit(spawnWorker() % 255)
}
