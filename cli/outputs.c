/*
 * Opens, fills and closes what the options name. Standard error is never
 * closed, and a failure to write there is nobody's to hear of.
 */
#include "outputs.h"
#include <errno.h>
#include <string.h>

int outputs_open(struct outputs *outputs, const struct options *options)
{
	*outputs = (struct outputs){.options = options};
	for (size_t i = 0; i < options->output_count; i++) {
		const char *path = options->outputs[i].path;

		outputs->streams[i] = path ? fopen(path, "we") : stderr;
		if (!outputs->streams[i]) {
			fprintf(stderr, "forkcheck: cannot write '%s': %s\n", path,
				strerror(errno));
			return -1;
		}
	}
	return 0;
}

static bool is_live(const struct outputs *outputs, size_t index)
{
	return outputs->options->outputs[index].format->render == render_text &&
	       outputs->streams[index] == stderr;
}

FILE *outputs_live(const struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->options->output_count; i++)
		if (is_live(outputs, i))
			return outputs->streams[i];
	return NULL;
}

void outputs_write(struct outputs *outputs, const struct report *report, bool but_live)
{
	for (size_t i = 0; i < outputs->options->output_count; i++) {
		if (but_live && is_live(outputs, i))
			continue;
		struct render_options look = outputs_look(outputs->options, outputs->streams[i]);

		outputs->options->outputs[i].format->render(outputs->streams[i], report, &look);
	}
}

static int close_file(FILE *stream, const char *path)
{
	bool failed = fflush(stream) || ferror(stream);

	failed |= fclose(stream) != 0;
	if (failed)
		fprintf(stderr, "forkcheck: cannot write '%s': %s\n", path, strerror(errno));
	return failed ? -1 : 0;
}

int outputs_close(struct outputs *outputs)
{
	int result = 0;

	for (size_t i = 0; outputs->options && i < outputs->options->output_count; i++) {
		FILE *stream = outputs->streams[i];

		if (stream && stream != stderr &&
		    close_file(stream, outputs->options->outputs[i].path))
			result = -1;
		outputs->streams[i] = NULL;
	}
	return result;
}

struct render_options outputs_look(const struct options *options, FILE *stream)
{
	return (struct render_options){.color = options_use_color(options, fileno(stream)),
				       .width = 80};
}

bool outputs_want_notes(const struct options *options)
{
	for (size_t i = 0; i < options->output_count; i++)
		if (options->outputs[i].format->always)
			return true;
	return options->notes || (!options->fail_never && options->fail_on == SEVERITY_NOTE);
}

bool outputs_reach_limit(const struct options *options, const struct report *report)
{
	if (options->fail_never)
		return false;
	for (enum severity severity = options->fail_on; severity <= SEVERITY_ERROR; severity++)
		if (report_count(report, severity))
			return true;
	return false;
}
