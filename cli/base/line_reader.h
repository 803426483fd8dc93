/*
 * A text file that the user wrote, line by line. It may be anything by mistake: lines are
 * bounded, and what is no text is said to be none.
 */
#ifndef FORKCHECK_LINE_READER_H
#define FORKCHECK_LINE_READER_H

#include <stdbool.h>
#include <stdio.h>

#define LINE_BYTES 1024 /* of a line, with the NUL in the place of its newline */

struct line_reader {
	FILE *stream;
	unsigned int number; /* of the line that was read last */
	const char *problem; /* with it; NULL: none */
};

/* The next line, without its newline. False at the end of the file, where there is a problem,
 * and where the stream failed (ferror). */
bool line_reader_next(struct line_reader *reader, char text[LINE_BYTES]);

#endif
