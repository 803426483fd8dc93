/* What a worker process does. */
#ifndef DEMO_WORKER_H
#define DEMO_WORKER_H

void worker_main(void);

#endif
