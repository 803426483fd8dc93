/* What a worker process does: it says hello in the log. */
#include "worker.h"
#include "log.h"

void worker_main(void)
{
	log_write("worker: ready");
	log_write("worker: done");
}
