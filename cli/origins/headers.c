/*
 * Templates and inline functions are compiled into the user's files, but their source stays in
 * the headers of the one who wrote them.
 */
#include "ecosystems.h"
#include "path_parts.h"
#include <ctype.h>
#include <string.h>

/* ".../c++/12/bits/gthr-default.h", also below the architecture's directory. */
static bool is_cpp_header(const char *file)
{
	static const char part[] = "/c++/";
	const char *version = strstr(file, part);

	return version && isdigit((unsigned char)version[sizeof(part) - 1]);
}

/* What a compiler and libc bring along. */
static bool is_runtime_header(const char *file)
{
	static const char *const parts[] = {"/include/c++/", "/libstdc++-v3/", "/include/bits/",
					    "/include/sys/", "/libcxx/include/"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strstr(file, parts[i]))
			return true;
	return is_cpp_header(file) || strstr(file, "/lib/gcc/") || strstr(file, "/lib/clang/");
}

static const char *below_system_headers(const char *file)
{
	static const char *const places[] = {"/usr/include/", "/usr/local/include/"};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (text_begins(file, places[i]))
			return file + strlen(places[i]);
	return NULL;
}

/* Debian has a directory for each architecture: "ARCH-linux-gnu/bits/stdlib.h". */
static const char *after_triplet(const char *below)
{
	const char *end = strstr(below, "-linux-gnu");

	end = end && end < below + strcspn(below, "/") ? strchr(below, '/') : NULL;
	return end && end[1] ? end + 1 : below;
}

/* Where the kernel enters a program is libc's, linked into each. */
static bool fill_start(const struct frame *frame, struct origin *origin)
{
	if (!frame->function || strcmp(frame->function, "_start") != 0)
		return false;
	*origin = (struct origin){.kind = ORIGIN_RUNTIME};
	return true;
}

bool header_frame_origin(const struct origin_question *question, struct origin *origin)
{
	const char *file = question->source, *below;

	if (!file)
		return fill_start(question->frame, origin);
	below = below_system_headers(file);
	below = below ? after_triplet(below) : NULL;
	if (is_runtime_header(file) ||
	    (below && (text_begins(below, "bits/") || text_begins(below, "sys/")))) {
		*origin = (struct origin){.kind = ORIGIN_RUNTIME};
		return true;
	}
	if (!below)
		return false;
	*origin = (struct origin){.kind = ORIGIN_PACKAGE, .path = below};
	if (below[strcspn(below, "/")])
		origin->package = origin_name(question->arena, below, strcspn(below, "/"));
	return true;
}
