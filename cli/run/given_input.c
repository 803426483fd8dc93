/*
 * Standard input is put back to where it was when the program first got it. Only a regular file
 * can be: what came from a pipe or a terminal is gone, and the program reads on in it.
 */
#include "given_input.h"
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NO_OFFSET ((off_t)-1)
#define SAID      ((off_t)-2)

void given_input_note(struct given_input *input)
{
	struct stat status;
	bool is_file = fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode);

	input->offset = is_file ? lseek(STDIN_FILENO, 0, SEEK_CUR) : NO_OFFSET;
}

/* /dev/null and its kin: always the same. */
static bool is_memory_device(const struct stat *status)
{
	return S_ISCHR(status->st_mode) && major(status->st_rdev) == 1;
}

static const char *input_words(const struct stat *status)
{
	if (S_ISFIFO(status->st_mode))
		return "a pipe";
	if (S_ISSOCK(status->st_mode))
		return "a socket";
	return isatty(STDIN_FILENO) ? "a terminal" : "no regular file";
}

void given_input_again(struct given_input *input)
{
	struct stat status;

	if (input->offset >= 0 && lseek(STDIN_FILENO, input->offset, SEEK_SET) >= 0)
		return;
	if (input->offset == SAID || fstat(STDIN_FILENO, &status) || is_memory_device(&status))
		return;
	input->offset = SAID;
	fprintf(stderr,
		"forkcheck: standard input is %s and cannot be given again: in further runs the "
		"program reads on in it\n",
		input_words(&status));
}
