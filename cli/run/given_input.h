/*
 * The standard input that the program gets, for giving the same to it once more.
 */
#ifndef FORKCHECK_GIVEN_INPUT_H
#define FORKCHECK_GIVEN_INPUT_H

#include <sys/types.h>

struct given_input {
	off_t offset; /* of a regular file; -1: it is none */
};

/* Before the program has read of it. */
void given_input_note(struct given_input *input);

/* Before it is started again. What cannot be given again is said on standard error, once. */
void given_input_again(struct given_input *input);

#endif
