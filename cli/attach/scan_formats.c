/* This is the table of a scan's formats, and how a format is found in it. */
#include "scan_formats.h"
#include <string.h>

#define ROW(name) {#name, scan_render_##name},

static const struct scan_format formats[] = {SCAN_FORMAT_LIST(ROW)};

#define FORMAT_COUNT (sizeof(formats) / sizeof(*formats))

const struct scan_format *scan_format_find(const char *name)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

const char *scan_format_names(void)
{
	static char names[128];

	*names = '\0';
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		const char *between = i + 1 < FORMAT_COUNT ? ", " : " or ";
		size_t length = strlen(names);

		snprintf(names + length, sizeof(names) - length, "%s%s", i ? between : "",
			 formats[i].name);
	}
	return names;
}
