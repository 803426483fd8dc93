/*
 * Files that are written twice, and streams that are not.
 */
#include "cli/run/outputs.h"
#include "support.h"
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *outputs_suite(void);

static const char *folder;
static char file[256], pipe_path[256];
static struct options options;
static struct outputs outputs;
static struct report report = {.observed = true, .complete = true};

static void setup(void)
{
	folder = support_folder();
	snprintf(file, sizeof(file), "%s/report", folder);
	snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", folder);
	options = (struct options){.color = COLOR_NEVER, .output_count = 1};
	options.outputs[0] = (struct output){report_format_find("text"), file, "text"};
	report.ended = NULL;
}

static void teardown(void)
{
	support_remove_folder(folder);
}

static const char *content_of(const char *path)
{
	static char text[4096];
	FILE *stream = fopen(path, "re");
	size_t length;

	ck_assert_ptr_nonnull(stream);
	length = fread(text, 1, sizeof(text) - 1, stream);
	text[length] = '\0';
	fclose(stream);
	return text;
}

/* Who is killed in between leaves the first whole. */
START_TEST(a_file_is_written_again)
{
	ck_assert_int_eq(outputs_open(&outputs, &options), 0);
	report.ended = "a reason of some length";
	outputs_write(&outputs, &report, OUTPUTS_FILES);
	ck_assert_str_eq(content_of(file), "forkcheck: ended the run: a reason of some length\n");
	report.ended = "another";
	outputs_write(&outputs, &report, OUTPUTS_BUT_LIVE);
	ck_assert_str_eq(content_of(file), "forkcheck: ended the run: another\n");
	report.ended = NULL;
	outputs_write(&outputs, &report, OUTPUTS_ALL);
	ck_assert_str_eq(content_of(file), "");
	ck_assert_int_eq(outputs_close(&outputs), 0);
}
END_TEST

START_TEST(a_pipe_is_written_once)
{
	char text[256] = "";
	int end;

	ck_assert_int_eq(mkfifo(pipe_path, 0600), 0);
	end = open(pipe_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(end, 0);
	options.outputs[0].path = pipe_path;
	ck_assert_int_eq(outputs_open(&outputs, &options), 0);
	report.ended = "a reason";
	outputs_write(&outputs, &report, OUTPUTS_FILES);
	ck_assert_int_eq((int)read(end, text, sizeof(text) - 1), -1);
	outputs_write(&outputs, &report, OUTPUTS_BUT_LIVE);
	ck_assert_int_gt((int)read(end, text, sizeof(text) - 1), 0);
	ck_assert_str_eq(text, "forkcheck: ended the run: a reason\n");
	ck_assert_int_eq(outputs_close(&outputs), 0);
	close(end);
}
END_TEST

/* It may be a file, and it is the program's as well. */
START_TEST(standard_error_is_never_rewound)
{
	options.outputs[0].path = NULL;
	ck_assert_int_eq(outputs_open(&outputs, &options), 0);
	report.ended = "a reason";
	support_errors_begin();
	outputs_write(&outputs, &report, OUTPUTS_FILES);
	outputs_write(&outputs, &report, OUTPUTS_BUT_LIVE);
	ck_assert_str_eq(support_errors_end(), "");
	ck_assert_int_eq(outputs_close(&outputs), 0);
}
END_TEST

/* Whatever was tried in between. */
START_TEST(what_failed_is_said_at_the_end)
{
	options.outputs[0].path = "/dev/full";
	ck_assert_int_eq(outputs_open(&outputs, &options), 0);
	report.ended = "a reason";
	outputs_write(&outputs, &report, OUTPUTS_BUT_LIVE);
	support_errors_begin();
	ck_assert_int_eq(outputs_close(&outputs), -1);
	ck_assert_ptr_nonnull(strstr(support_errors_end(), "cannot write '/dev/full'"));
}
END_TEST

Suite *outputs_suite(void)
{
	Suite *suite = suite_create("outputs");
	TCase *core = tcase_create("core");

	tcase_add_checked_fixture(core, setup, teardown);
	tcase_add_test(core, a_file_is_written_again);
	tcase_add_test(core, a_pipe_is_written_once);
	tcase_add_test(core, standard_error_is_never_rewound);
	tcase_add_test(core, what_failed_is_said_at_the_end);
	suite_add_tcase(suite, core);
	return suite;
}
