/*
 * The hooks of fflush(), fclose() and __fpurge() note what they write, or throw away, of
 * the output that waited at a fork.
 */
#include "base/process.h"
#include "base/real.h"
#include "record/descriptors.h"
#include "record/stdio_output.h"
#include <stdio.h>
#include <stdio_ext.h>

REAL(int, fflush, (FILE *));
REAL(int, fclose, (FILE *));
REAL(void, __fpurge, (FILE *));

static COLD int write_with(int (*function)(FILE *), FILE *stream)
{
	struct writing writing;
	int result;

	writing.count = 0;
	output_begin_write(&writing, stream);
	result = function(stream);
	if (result == 0)
		output_end_write(&writing);
	return result;
}

EXPORT int fflush(FILE *stream)
{
	real_ensure();
	if (unlikely(process.output_count))
		return write_with(real_fflush, stream);
	return real_fflush(stream);
}

EXPORT int fclose(FILE *stream)
{
	/* libc closes it by a name of its own. */
	descriptor_forget(stream ? stream->_fileno : -1);
	real_ensure();
	if (unlikely(process.output_count))
		return write_with(real_fclose, stream);
	return real_fclose(stream);
}

EXPORT void __fpurge(FILE *stream)
{
	real_ensure();
	if (unlikely(process.output_count))
		output_forget(stream);
	real___fpurge(stream);
}
