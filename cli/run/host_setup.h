/*
 * What forkcheck changes of its own set-up on the host and the program must not
 * notice: closed standard streams, the limit of descriptors.
 */
#ifndef FORKCHECK_SURROUNDINGS_H
#define FORKCHECK_SURROUNDINGS_H

/* Before anything is opened. */
void host_setup_prepare(void);

/* In the child that becomes the program: as we got them. */
void host_setup_restore(void);

#endif
