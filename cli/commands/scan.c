/*
 * The command `forkcheck scan` looks for fork children that hang among all processes of the
 * machine. A document goes to standard output, or in one step into the place of a file: who
 * collects it from there never reads a half of one.
 */
#include "scan.h"

#include "attach/scan_attach.h"
#include "attach/scan_formats.h"
#include "attach/scan_processes.h"
#include "base/replaced_file.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int scan_check_formats(const struct options *options)
{
	for (size_t i = 0; i < options->output_count; i++) {
		if (scan_format_find(options->outputs[i].name) != NULL)
			continue;
		fprintf(stderr, "forkcheck: --format=%s: 'scan' has %s; try 'forkcheck --help'\n",
			options->outputs[i].name, scan_format_names());
		return -1;
	}
	return 0;
}

static int scan_write_file(const struct scan_format *format, const char *path,
			   const struct scan *scan)
{
	struct replaced_file file;

	if (replaced_file_open(&file, path) != 0)
		return -1;
	if (format->render(file.stream, scan) != 0) {
		replaced_file_discard(&file);
		return -1;
	}
	return replaced_file_commit(&file);
}

static int scan_write_output(const struct output *output, const struct scan *scan)
{
	const struct scan_format *format = scan_format_find(output->name);
	int result = output->path != NULL ? scan_write_file(format, output->path, scan)
					  : format->render(stdout, scan);

	if (result == 0)
		return 0;
	if (output->path != NULL)
		fprintf(stderr, "forkcheck: cannot write '%s': %s\n", output->path,
			strerror(errno));
	else
		fprintf(stderr, "forkcheck: cannot write to standard output: %s\n",
			strerror(errno));
	return -1;
}

static int scan_write(const struct options *options, const struct scan *scan)
{
	int status = EXIT_SUCCESS;

	for (size_t i = 0; i < options->output_count; i++)
		if (scan_write_output(&options->outputs[i], scan) != 0)
			status = EXIT_FORKCHECK;
	return status;
}

/* What hangs for good is an error; what is only suspected, a warning. */
static int scan_status(const struct options *options, const struct scan *scan)
{
	if (options->fail_never)
		return EXIT_SUCCESS;
	if (scan->verdicts[SCAN_HUNG])
		return options->error_exitcode;
	if (options->fail_proven || options->fail_on > SEVERITY_WARNING)
		return EXIT_SUCCESS;
	return scan->verdicts[SCAN_SUSPECTED] ? options->error_exitcode : EXIT_SUCCESS;
}

int command_scan(const struct options *options)
{
	const struct scan_filter filter = {.is_of_user = options->only_user,
					   .user = options->user,
					   .older_than_ms = options->older_than_ms};
	int status = EXIT_FORKCHECK;
	struct scan scan;

	if (scan_check_formats(options) != 0)
		return EXIT_FORKCHECK;
	if (scan_processes(&scan, &filter) != 0)
		fprintf(stderr, "forkcheck: cannot read /proc: %s\n", strerror(errno));
	else if (!options->attach || scan_attach(&scan) == 0)
		status = scan_write(options, &scan);
	if (status == EXIT_SUCCESS)
		status = scan_status(options, &scan);
	scan_release(&scan);
	return status;
}
