/* The nearest folder above, from the working directory on, that has a file of some name. */
#ifndef FORKCHECK_UPWARD_H
#define FORKCHECK_UPWARD_H

/* The absolute path of the folder, malloc'ed, that has an entry of that name: the working
 * directory itself, else the one above, and so on. NULL: none has it. */
char *upward_find(const char *name);

#endif
