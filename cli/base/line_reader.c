/* Files of the user's are read here: suppressions, baselines, options. */
#include "line_reader.h"

/* Blanks are left in: what they mean is the caller's to say. */
static bool is_text(int byte)
{
	return byte == '\t' || byte == '\r' || (byte >= ' ' && byte != 0x7f);
}

bool line_reader_next(struct line_reader *reader, char text[LINE_BYTES])
{
	size_t length = 0;
	int byte = getc(reader->stream);

	if (byte == EOF)
		return false;
	reader->number++;
	for (; byte != EOF && byte != '\n'; byte = getc(reader->stream)) {
		if (length == LINE_BYTES - 1)
			reader->problem = "the line is too long";
		else if (!is_text(byte))
			reader->problem = "this is no text file";
		if (reader->problem)
			return false;
		text[length++] = (char)byte;
	}
	text[length] = '\0';
	return !ferror(reader->stream);
}
