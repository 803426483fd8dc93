/* This is the table of formats, made of the list, and how a format is found in it. */
#include "formats.h"

#include <string.h>

#define ROW(name, always) {#name, render_##name, always},

const struct report_format report_formats[] = {FORMAT_LIST(ROW){NULL, NULL, false}};

const struct report_format *report_format_find(const char *name)
{
	for (const struct report_format *format = report_formats; format->name != NULL; format++)
		if (strcmp(format->name, name) == 0)
			return format;
	return NULL;
}

const char *report_format_names(void)
{
	static char names[256];
	char *end = names;

	*end = '\0';
	for (const struct report_format *format = report_formats; format->name != NULL; format++) {
		const char *between = format[1].name != NULL ? ", " : " or ";

		if (end == names)
			between = "";
		end += snprintf(end, (size_t)(names + sizeof(names) - end), "%s%s", between,
				format->name);
		if (end >= names + sizeof(names))
			break;
	}
	return names;
}
