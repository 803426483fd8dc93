/*
 * The files and streams that the options name are opened, filled and closed here. Standard
 * error is never closed, and a failure to write there is nobody's to hear of.
 */
#include "outputs.h"
#include "base/upward.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Our own: standard error is the program's too, and is never rewound. */
static bool is_file(const struct outputs *outputs, size_t index)
{
	struct stat status;

	return outputs->streams[index] != stderr &&
	       fstat(fileno(outputs->streams[index]), &status) == 0 && S_ISREG(status.st_mode);
}

static bool is_wanted(const struct outputs *outputs, size_t index, enum outputs_part part)
{
	switch (part) {
	case OUTPUTS_BUT_LIVE:
		return !is_live(outputs, index);
	case OUTPUTS_FILES:
		return is_file(outputs, index);
	case OUTPUTS_ALL:
		break;
	}
	return true;
}

/* Nothing of it stays with us: who asked forkcheck to end may kill it next. */
static void write_one(struct outputs *outputs, size_t index, const struct report *report)
{
	FILE *stream = outputs->streams[index];
	struct render_options look = outputs_look(outputs->options, stream);
	bool is_again = is_file(outputs, index);

	/* An earlier failure was one of a report that nobody will read. */
	if (is_again)
		rewind(stream);
	outputs->options->outputs[index].format->render(stream, report, &look);
	if (fflush(stream) == 0 && is_again && ftruncate(fileno(stream), ftello(stream)))
		fprintf(stderr, "forkcheck: cannot shorten '%s': %s\n",
			outputs->options->outputs[index].path, strerror(errno));
}

void outputs_write(struct outputs *outputs, const struct report *report, enum outputs_part part)
{
	for (size_t i = 0; i < outputs->options->output_count; i++)
		if (is_wanted(outputs, i, part))
			write_one(outputs, i, report);
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

bool outputs_use_color(const struct options *options, int fd)
{
	const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if (options->color != COLOR_AUTO)
		return options->color == COLOR_ALWAYS;
	if (no_color != NULL && *no_color != '\0')
		return false;
	return isatty(fd) && (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

static struct fail_limit outputs_limit(const struct options *options)
{
	return (struct fail_limit){.severity = options->fail_on,
				   .only_proven = options->fail_proven,
				   .never = options->fail_never};
}

/* The folder of the repository that we run in; NULL: in none. It does not change. */
static const char *repository_root(void)
{
	static char *root;
	static bool was_looked_for;

	if (!was_looked_for)
		root = upward_find(".git");
	was_looked_for = true;
	return root;
}

struct render_options outputs_look(const struct options *options, FILE *stream)
{
	return (struct render_options){.color = outputs_use_color(options, fileno(stream)),
				       .width = 80,
				       .full_stacks = options->full_stacks,
				       .root = repository_root(),
				       .limit = outputs_limit(options)};
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
	struct fail_limit limit = outputs_limit(options);

	for (size_t i = 0; i < report->finding_count; i++)
		if (finding_fails(&report->findings[i], &limit))
			return true;
	return false;
}
