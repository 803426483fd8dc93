/* Files that were installed together with the program that runs. */
#ifndef FORKCHECK_BESIDE_PROGRAM_H
#define FORKCHECK_BESIDE_PROGRAM_H

/* The absolute path of a file that is named from the program's own folder on; malloc'ed. NULL: it
 * is not there. */
char *beside_program(const char *relative);

#endif
