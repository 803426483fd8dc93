/*
 * The hooks of fflush(), fclose() and __fpurge() note what they write, or throw away, of the output
 * that waited at a fork; those of fdopen() and dprintf(), that somebody writes to a descriptor
 * whose write() is not seen. libc's vdprintf() is called by dprintf() under a name of its own.
 */
#include "base/process.h"
#include "base/real.h"
#include "record/descriptors.h"
#include "record/stdio_output.h"
#include <stdarg.h>
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

REAL(FILE *, fdopen, (int, const char *));
REAL(int, vdprintf, (int, const char *, va_list));
REAL(int, __vdprintf_chk, (int, int, const char *, va_list));

EXPORT FILE *fdopen(int descriptor, const char *mode)
{
	real_ensure();
	descriptor_goes_unseen(descriptor);
	return real_fdopen(descriptor, mode);
}

EXPORT int vdprintf(int descriptor, const char *format, va_list arguments)
{
	real_ensure();
	descriptor_writes(descriptor, __builtin_return_address(0));
	return real_vdprintf(descriptor, format, arguments);
}

EXPORT int dprintf(int descriptor, const char *format, ...)
{
	va_list arguments;
	int result;

	real_ensure();
	descriptor_writes(descriptor, __builtin_return_address(0));
	va_start(arguments, format);
	result = real_vdprintf(descriptor, format, arguments);
	va_end(arguments);
	return result;
}

/* What programs call that are compiled with checks of their formats. */
int __vdprintf_chk(int descriptor, int flag, const char *format, va_list arguments);
int __dprintf_chk(int descriptor, int flag, const char *format, ...);

EXPORT int __vdprintf_chk(int descriptor, int flag, const char *format, va_list arguments)
{
	real_ensure();
	descriptor_writes(descriptor, __builtin_return_address(0));
	return real___vdprintf_chk(descriptor, flag, format, arguments);
}

EXPORT int __dprintf_chk(int descriptor, int flag, const char *format, ...)
{
	va_list arguments;
	int result;

	real_ensure();
	descriptor_writes(descriptor, __builtin_return_address(0));
	va_start(arguments, format);
	result = real___vdprintf_chk(descriptor, flag, format, arguments);
	va_end(arguments);
	return result;
}
