/*
 * The table of formats. A new format is one file and one line here.
 */
#include "report.h"

#include <string.h>

const struct report_format report_formats[] = {
	{"text", render_text, false},
	{"json", render_json, true},
	{NULL, NULL, false},
};

const struct report_format *report_format_find(const char *name)
{
	for (const struct report_format *format = report_formats; format->name != NULL; format++)
		if (strcmp(format->name, name) == 0)
			return format;
	return NULL;
}
