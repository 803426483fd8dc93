/*
 * What forkcheck changes of its own surroundings and the program must not
 * notice: closed standard streams, the limit of descriptors.
 */
#ifndef FORKCHECK_SURROUNDINGS_H
#define FORKCHECK_SURROUNDINGS_H

/* Before anything is opened. */
void surroundings_prepare(void);

/* In the child that becomes the program: as we got them. */
void surroundings_restore(void);

#endif
