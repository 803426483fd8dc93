#ifndef VARIABLE_H
#define VARIABLE_H

#define VARIABLE_BYTES 64

void *variable_own(void);

#endif
