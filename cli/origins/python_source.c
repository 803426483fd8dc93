/*
 * A Python source file is of the standard library, of a package or the user's own by the
 * directory that it was imported from: the layout is that of CPython's getpath.py and site.py,
 * in virtual environments and in Debian's dist-packages, too.
 */
#include "ecosystems.h"
#include "path_parts.h"
#include "wheels.h"
#include <ctype.h>
#include <string.h>

/* Of "3.12/queue.py", "3/x.py": what comes after the version; NULL: it begins with none. */
static const char *after_version(const char *text)
{
	size_t length = strspn(text, "0123456789.");

	return length && text[length] == '/' && text[length + 1] ? text + length + 1 : NULL;
}

/* Of ".../lib/python3.11/queue.py" what comes below the library's directory. */
static const char *below_library(const char *path)
{
	static const char *const directories[] = {"/lib/python", "/lib64/python", "/lib/pypy"};

	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
		const char *after = path_after(path, directories[i]);

		if (after && after_version(after))
			return after_version(after);
	}
	return NULL;
}

/* "/usr/lib/python312.zip/queue.py": what getpath.py puts before the directory. */
static const char *below_library_zip(const char *path)
{
	const char *after = path_after(path, "/python");
	size_t digits = after ? strspn(after, "0123456789") : 0;

	return digits && text_begins(after + digits, ".zip/") && after[digits + 5]
		       ? after + digits + 5
		       : NULL;
}

/* The modules that the interpreter has within itself; "<string>" and "<stdin>" are what a user
 * typed. */
static bool is_frozen(const char *path)
{
	return text_begins(path, "<frozen ");
}

bool python_source_origin(const struct origin_question *question, struct origin *origin)
{
	const char *path = question->path;
	const char *below;

	if (wheel_file_origin(question, origin)) {
		origin->path = wheel_below_site(path);
		return true;
	}
	below = below_library(path);
	if (!below)
		below = below_library_zip(path);
	if (!below && !is_frozen(path))
		return false;
	*origin = (struct origin){.kind = ORIGIN_RUNTIME, .path = below};
	return true;
}
