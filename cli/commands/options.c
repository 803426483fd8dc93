/*
 * The command line is read here, and what stands before it in a file and in the environment. Its
 * options are the rows of option_list.h: argp parses from them, --help prints them, and the man
 * page's list is made of them.
 *
 * A bad command line ends the program here, with one line that says what is
 * wrong and what to do.
 */
#include "options.h"
#include "base/escape.h"
#include "base/words.h"
#include "commands.h"
#include "completions.h"
#include "given_options.h"
#include "options_file.h"

#include <argp.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HELP_BEGINNING                                                                             \
	"Runs PROGRAM and reports each fork() that is unsafe: the fork, the lock, the thread "     \
	"that holds it, what the child did with it, and what to do instead.\v"                     \
	"The exit status is PROGRAM's own where nothing reached --fail-on, 66 with findings, 67 "  \
	"where PROGRAM could not be observed, 125 where forkcheck itself failed, 126 or 127 "      \
	"where "                                                                                   \
	"PROGRAM could not be run.\n\n"

/* Where options come from, the later ones win. */
enum layer { LAYER_FILE, LAYER_ENVIRONMENT, LAYER_COMMAND_LINE };

/* The state of one parse. */
struct parse {
	struct options *options;
	int next;                         /* the word behind the last good option */
	const char *waiting[OUTPUTS_MAX]; /* files that met no --format yet */
	size_t waiting_count;
	size_t operand_count; /* of `report` */
	enum layer layer;
	const char *source; /* "FORKCHECK_OPTIONS"; NULL: it is only a look ahead */
	const char *folder; /* that names of files begin at; NULL: the working directory */
	bool is_found;      /* the file is one that nobody named */
};

/* Strings that options point to, until the next parse. */
static struct arena kept;

#define COMPLAINT_BYTES 4096

/* What a complaint begins with, where the words are not those of the command line. */
static const char *place = "";

static void bad_usage(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void bad_usage(const char *format, ...)
{
	char text[COMPLAINT_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* A file that was found, and the folders above it, may be a stranger's. */
	fprintf(stderr, "forkcheck: %s%s; try 'forkcheck --help'\n",
		escape_terminal(&kept, place, COMPLAINT_BYTES),
		escape_terminal(&kept, text, COMPLAINT_BYTES));
	exit(EXIT_FORKCHECK);
}

/* Ends the program after something was printed that was asked for. */
static void end_after_print(void) __attribute__((noreturn));

static void end_after_print(void)
{
	if (ferror(stdout) || fflush(stdout) != 0) {
		fprintf(stderr, "forkcheck: cannot write to standard output: %s\n",
			strerror(errno));
		exit(EXIT_FORKCHECK);
	}
	exit(EXIT_SUCCESS);
}

/* The index of a word in a list that NULL ends, or -1. */
static int word_index(const char *const *words, const char *word)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static void add_output(struct options *options, const char *name, const char *path)
{
	if (options->output_count == OUTPUTS_MAX)
		bad_usage("more than %d reports asked for", OUTPUTS_MAX);
	options->outputs[options->output_count++] =
		(struct output){report_format_find(name), path, name};
}

/* Which formats there are is known when the command is. */
static void parse_format(struct parse *parse, const char *word)
{
	add_output(parse->options, word, NULL);
}

static void parse_output(struct parse *parse, const char *path)
{
	struct options *options = parse->options;

	if (*path == '\0')
		bad_usage("--output: the name of the file is empty");
	for (size_t i = options->output_count; i-- > 0;) {
		if (options->outputs[i].path == NULL) {
			options->outputs[i].path = path;
			return;
		}
	}
	if (parse->waiting_count == OUTPUTS_MAX)
		bad_usage("more than %d reports asked for", OUTPUTS_MAX);
	parse->waiting[parse->waiting_count++] = path;
}

/* Files that came before any free --format take those that are still without one. */
static void place_waiting_files(struct parse *parse)
{
	struct options *options = parse->options;
	size_t output = 0, formats = options->output_count;

	for (size_t i = 0; i < parse->waiting_count; i++) {
		while (output < formats && options->outputs[output].path != NULL)
			output++;
		if (output < formats)
			options->outputs[output].path = parse->waiting[i];
		else
			add_output(options, "text", parse->waiting[i]);
	}
}

static void remove_output(struct options *options, size_t index)
{
	options->output_count--;
	memmove(&options->outputs[index], &options->outputs[index + 1],
		(options->output_count - index) * sizeof(*options->outputs));
}

/* Who attaches acts on nothing unless that was asked for; what a run starts is its own. */
static void settle_reaction(struct options *options)
{
	bool is_run = options->command->operands == OPERANDS_PROGRAM;

	if (options->on_deadlock == DEADLOCK_DEFAULT)
		options->on_deadlock = is_run ? DEADLOCK_KILL : DEADLOCK_WAIT;
	if (!is_run && options->on_deadlock == DEADLOCK_END_RUN)
		options->on_deadlock = DEADLOCK_WAIT;
}

/* The text report is the one that nobody has to ask for. */
static void settle_outputs(struct options *options)
{
	const struct report_format *text = report_format_find("text");

	if (options->output_count == 0)
		add_output(options, "text", NULL);
	for (size_t i = options->output_count; options->quiet && i-- > 0;)
		if (options->outputs[i].format == text && options->outputs[i].path == NULL)
			remove_output(options, i);
}

static void parse_fail_on(struct parse *parse, const char *word)
{
	static const char *const words[] = {"note", "warning", "error", "proven", "never", NULL};
	static const enum severity severities[] = {SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR,
						   SEVERITY_ERROR, SEVERITY_ERROR};
	int index = word_index(words, word);

	if (index < 0)
		bad_usage("--fail-on=%s: not one of proven, error, warning, note, never", word);
	parse->options->fail_on = severities[index];
	parse->options->fail_never = strcmp(word, "never") == 0;
	parse->options->fail_proven = strcmp(word, "proven") == 0;
}

static void parse_error_exitcode(struct parse *parse, const char *word)
{
	char *end;
	long value = strtol(word, &end, 10);

	if (strspn(word, "0123456789") == 0 || *end != '\0' || value < 1 || value > 255)
		bad_usage("--error-exitcode=%s: not a number from 1 to 255", word);
	parse->options->error_exitcode = (int)value;
}

static void parse_on_deadlock(struct parse *parse, const char *word)
{
	static const char *const words[] = {"kill", "stop", "abort", "wait", "end-run", NULL};
	static const enum deadlock_action actions[] = {DEADLOCK_KILL, DEADLOCK_STOP, DEADLOCK_ABORT,
						       DEADLOCK_WAIT, DEADLOCK_END_RUN};
	int index = word_index(words, word);

	if (index < 0)
		bad_usage("--on-deadlock=%s: not one of kill, stop, abort, wait, end-run", word);
	parse->options->on_deadlock = actions[index];
}

/* Nine digits of the largest unit are no overflow. */
#define NUMBER_DIGITS 9

static const char *const short_units[] = {"", "s", "ms", "m", NULL};
static const char *const age_units[] = {"", "s", "ms", "m", "h", "d", NULL};

/* In milliseconds. False: it is no duration in one of these units. */
static bool read_duration(const char *word, const char *const *units, uint64_t *duration)
{
	static const uint64_t milliseconds[] = {1000, 1000, 1, 60000, 3600000, 86400000};
	size_t digits = strspn(word, "0123456789");
	int unit = word_index(units, word + digits);

	if (digits == 0 || digits > NUMBER_DIGITS || unit < 0)
		return false;
	*duration = strtoull(word, NULL, 10) * milliseconds[unit];
	return true;
}

static void parse_hang_after(struct parse *parse, const char *word)
{
	if (!read_duration(word, short_units, &parse->options->hang_after_ms) ||
	    parse->options->hang_after_ms == 0)
		bad_usage("--hang-after=%s: not a duration such as 500ms, 10s or 2m", word);
}

static void parse_core(struct parse *parse, const char *path)
{
	struct options *options = parse->options;

	if (options->core_count == CORE_FILES_MAX)
		bad_usage("more than %d core files", CORE_FILES_MAX);
	options->cores[options->core_count++] = path;
}

static void parse_exe(struct parse *parse, const char *path)
{
	parse->options->exe = path;
}

static void parse_watch(struct parse *parse, const char *word)
{
	if (!read_duration(word, short_units, &parse->options->watch_ms) ||
	    parse->options->watch_ms == 0)
		bad_usage("--watch=%s: not a duration such as 500ms, 10s or 2m", word);
}

static void parse_end_after(struct parse *parse, const char *word)
{
	if (!read_duration(word, short_units, &parse->options->end_after_ms))
		bad_usage("--end-after=%s: not a duration such as 500ms, 10s or 2m, nor 0", word);
}

static void parse_older_than(struct parse *parse, const char *word)
{
	if (!read_duration(word, age_units, &parse->options->older_than_ms))
		bad_usage("--older-than=%s: not a duration such as 30s, 10m, 2h or 1d", word);
}

/* Of what the system knows of a user. */
#define USER_SIZE 16384

/* A name may consist of digits. */
static void parse_user(struct parse *parse, const char *word)
{
	size_t digits = strspn(word, "0123456789");
	struct passwd space, *entry = NULL;
	char text[USER_SIZE];

	if (getpwnam_r(word, &space, text, sizeof(text), &entry) != 0)
		entry = NULL;
	if (entry == NULL && (digits == 0 || digits > NUMBER_DIGITS || word[digits] != '\0'))
		bad_usage("--user=%s: no such user", word);
	parse->options->only_user = true;
	parse->options->user = entry != NULL ? entry->pw_uid : (uid_t)strtoul(word, NULL, 10);
}

static void parse_max_kills(struct parse *parse, const char *word)
{
	size_t digits = strspn(word, "0123456789");

	if (digits == 0 || digits > NUMBER_DIGITS || word[digits] != '\0')
		bad_usage("--max-kills=%s: not a number", word);
	parse->options->max_kills = (unsigned)strtoul(word, NULL, 10);
}

static void parse_confirm(struct parse *parse, const char *word)
{
	size_t digits = word == NULL ? 0 : strspn(word, "0123456789");
	unsigned long count = CONFIRM_RUNS;

	if (word != NULL && digits != 0 && digits <= NUMBER_DIGITS)
		count = strtoul(word, NULL, 10);
	if (word != NULL && (digits == 0 || digits > NUMBER_DIGITS || word[digits] != '\0' ||
			     count > CONFIRM_RUNS_MAX))
		bad_usage("--confirm=%s: not a number from 0 to %d", word, CONFIRM_RUNS_MAX);
	parse->options->confirm = (unsigned)count;
}

static void parse_drive(struct parse *parse, const char *command)
{
	if (*command == '\0')
		bad_usage("--drive: the command is empty");
	parse->options->drive = command;
}

static void parse_wait(struct parse *parse, const char *word)
{
	static const char *const words[] = {"program", "all", NULL};
	int index = word_index(words, word);

	if (index < 0)
		bad_usage("--wait=%s: not one of program, all", word);
	parse->options->wait_all = index == 1;
}

static void parse_summary(struct parse *parse, const char *word)
{
	if (strcmp(word, "libraries") != 0)
		bad_usage("--summary=%s: there is only libraries", word);
	parse->options->summarizes_libraries = true;
}

static void parse_keep_session(struct parse *parse, const char *path)
{
	if (*path == '\0')
		bad_usage("--keep-session: the name of the file is empty");
	parse->options->keep_session = path;
}

static void add_suppressions(struct parse *parse, const char *path)
{
	if (*path == '\0')
		bad_usage("--suppressions: the name of the file is empty");
	if (parse->options->suppression_count == SUPPRESSION_FILES_MAX)
		bad_usage("more than %d suppressions files", SUPPRESSION_FILES_MAX);
	parse->options->suppressions[parse->options->suppression_count++] = path;
}

static void parse_gen_suppressions(struct parse *parse, const char *path)
{
	if (*path == '\0')
		bad_usage("--gen-suppressions: the name of the file is empty");
	parse->options->gen_suppressions = path;
}

static void parse_baseline(struct parse *parse, const char *path)
{
	if (*path == '\0')
		bad_usage("--baseline: the name of the file is empty");
	parse->options->baseline = path;
}

static void parse_write_baseline(struct parse *parse, const char *path)
{
	if (*path == '\0')
		bad_usage("--write-baseline: the name of the file is empty");
	parse->options->write_baseline = path;
}

static void parse_config(struct parse *parse, const char *path)
{
	if (*path == '\0')
		bad_usage("--config: the name of the file is empty");
	parse->options->config = path;
}

static void parse_color(struct parse *parse, const char *word)
{
	static const char *const words[] = {"auto", "always", "never", NULL};
	static const enum color_mode modes[] = {COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER};
	int index = word_index(words, word);

	if (index < 0)
		bad_usage("--color=%s: not one of auto, always, never", word);
	parse->options->color = modes[index];
}

/* Operands that may have options between them are moved together. */
static void take_operand(struct parse *parse, char *operand)
{
	parse->options->arguments[parse->operand_count++] = operand;
}

/* The first word that is no option may end forkcheck's own. */
static void begin_command(struct parse *parse, struct argp_state *state,
			  const struct command *command, char **words)
{
	parse->options->command = command;
	parse->options->arguments = words;
	if (command->operands == OPERANDS_PROGRAM || command->operands == OPERANDS_LAST)
		state->next = state->argc;
}

static void take_argument(struct parse *parse, struct argp_state *state, char *word)
{
	char **words = &state->argv[state->next - 1];
	/* `forkcheck -- explain` runs a program of that name. */
	const struct command *named = state->quoted == 0 ? command_find(word) : NULL;

	if (parse->layer != LAYER_COMMAND_LINE)
		bad_usage("'%s' is no option", word);
	if (parse->options->command != NULL)
		take_operand(parse, word);
	else if (named != NULL)
		begin_command(parse, state, named, words + 1);
	else
		begin_command(parse, state, &commands[0], words);
}

/* --- the table ------------------------------------------------------------- */

static void show_help(struct parse *parse, const char *unused) __attribute__((noreturn));
static void show_version(struct parse *parse, const char *unused) __attribute__((noreturn));
static void show_man_options(struct parse *parse, const char *unused) __attribute__((noreturn));
static void show_bash_completions(struct parse *parse, const char *unused)
	__attribute__((noreturn));
static void show_zsh_completions(struct parse *parse, const char *unused) __attribute__((noreturn));
static void show_fish_completions(struct parse *parse, const char *unused)
	__attribute__((noreturn));

struct option_row {
	const char *name;
	const char *argument; /* NULL: it takes no value */
	const char *help;     /* NULL: it is not listed. FORMATS is replaced by their names */
	void (*take)(struct parse *parse, const char *value); /* NULL: `flag` is set */
	size_t flag;   /* offset of a bool in struct options */
	char letter;   /* of the short form; 0: it has none */
	bool may_lack; /* its argument */
};

/* clang-format off */
#define FLAG(name, member, help)                  {name, NULL, help, NULL, offsetof(struct options, member), 0, false},
#define VALUE(name, argument, take, help)         {name, argument, help, take, 0, 0, false},
#define OPTIONAL(name, argument, take, help)      {name, argument, help, take, 0, 0, true},
#define SHORT(letter, name, argument, take, help) {name, argument, help, take, 0, letter, false},
#define HIDDEN(name, take)                        {name, NULL, NULL, take, 0, 0, false},
/* clang-format on */

static const struct option_row option_rows[] = {OPTION_LIST(FLAG, VALUE, OPTIONAL, SHORT, HIDDEN)};

#define OPTION_COUNT (sizeof(option_rows) / sizeof(option_rows[0]))
/* Above the characters: no short form. */
#define FIRST_KEY 0x100

static struct argp_option option_table[OPTION_COUNT + 1];

static bool option_is(const struct option_row *row, const char *name)
{
	return strcmp(row->name, name) == 0;
}

static bool options_are_reports(const struct option_row *row)
{
	return option_is(row, "format") || option_is(row, "output");
}

static enum given_kind given_kind_of(const struct option_row *row)
{
	if (options_are_reports(row))
		return GIVEN_REPORTS;
	return option_is(row, "suppressions") || option_is(row, "core") ? GIVEN_ALL : GIVEN_LAST;
}

/* What ends the program would hide that nothing was checked. A file that nobody named may be that
 * of a repository which was only copied: it starts no command. */
static void check_file_option(const struct parse *parse, const struct option_row *row)
{
	if (parse->layer != LAYER_FILE)
		return;
	if (row->argument == NULL && row->take != NULL)
		bad_usage("--%s is not for a file", row->name);
	if (option_is(row, "config") || option_is(row, "show-config"))
		bad_usage("--%s is not for a file", row->name);
	if (parse->is_found && option_is(row, "drive"))
		bad_usage("--drive is only for a file that --config names");
}

/* A file's names begin where it is. */
static const char *option_value(const struct parse *parse, const struct option_row *row,
				const char *value)
{
	if (parse->folder == NULL || value == NULL || *value == '\0' || *value == '/' ||
	    row->argument == NULL || strcmp(row->argument, "FILE") != 0)
		return value;
	return arena_printf(&kept, "%s/%s", parse->folder, value);
}

static void note_option(const struct parse *parse, const struct option_row *row, const char *value)
{
	const struct given_option given = {.name = row->name,
					   .value = value,
					   .source = parse->source,
					   .layer = (int)parse->layer,
					   .kind = given_kind_of(row)};

	if (parse->source != NULL && !option_is(row, "show-config"))
		given_options_add(&given);
}

static void take_option(struct parse *parse, const struct option_row *row, const char *value)
{
	check_file_option(parse, row);
	value = option_value(parse, row, value);
	note_option(parse, row, value);
	if (row->take != NULL)
		row->take(parse, value);
	else
		*((bool *)parse->options + row->flag) = true;
}

static const struct option_row *options_row_of(int key)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (option_table[i].key == key)
			return &option_rows[i];
	return NULL;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct parse *parse = state->input;
	const struct option_row *row = options_row_of(key);

	if (row != NULL)
		take_option(parse, row, argument);
	else if (key == ARGP_KEY_ARG)
		take_argument(parse, state, argument);
	else
		return ARGP_ERR_UNKNOWN;
	parse->next = state->next;
	return 0;
}

/* --- what argp needs --------------------------------------------------------- */

/* The help of --format names all that there are. */
static const char *fill_in_formats(const char *help)
{
	static const char word[] = "FORMATS";
	static char text[1024];
	const char *at = strstr(help, word);

	if (at == NULL)
		return help;
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - help), help, report_format_names(),
		 at + strlen(word));
	return text;
}

static void fill_table(void)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &option_rows[i];

		option_table[i] = (struct argp_option){
			.name = row->name,
			.key = row->letter ? row->letter : FIRST_KEY + (int)i,
			.arg = row->argument,
			.flags = (row->help == NULL ? OPTION_HIDDEN : 0) |
				 (row->may_lack ? OPTION_ARG_OPTIONAL : 0),
			.doc = row->help == NULL ? NULL : fill_in_formats(row->help),
		};
	}
}

/* Leaves out argp's remark on the arguments of short options: the list shows them. */
static char *filter_help(int key, const char *text, void *input)
{
	(void)input;
	return key == ARGP_KEY_HELP_DUP_ARGS_NOTE ? NULL : (char *)(uintptr_t)text;
}

/* "[--] PROGRAM [ARGUMENT...]", and a line for each further command. */
static const char *usage_lines(void)
{
	static char text[1024];
	size_t length = 0;

	for (const struct command *command = commands; command->run != NULL; command++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
					   length ? "\n" : "", command->grammar);
	return text;
}

static const char *help_text(void)
{
	static char text[4096];
	size_t length = (size_t)snprintf(text, sizeof(text), "%s", HELP_BEGINNING);

	for (const struct command *command = commands; command->run != NULL; command++) {
		const char *between = text[length - 1] == '.' ? " " : "";

		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s", between,
					   command->help);
	}
	return text;
}

static const struct argp *command_line(void)
{
	static struct argp argp;

	if (argp.options == NULL) {
		fill_table();
		argp = (struct argp){
			.options = option_table,
			.parser = parse_option,
			.args_doc = usage_lines(),
			.doc = help_text(),
			.help_filter = filter_help,
		};
	}
	return &argp;
}

static void show_help(struct parse *parse, const char *unused)
{
	/* argp's own bookkeeping wants a variable copy of the name. */
	char name[] = "forkcheck";

	(void)parse;
	(void)unused;
	argp_help(command_line(), stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC,
		  name);
	end_after_print();
}

static void show_version(struct parse *parse, const char *unused)
{
	(void)parse;
	(void)unused;
	puts("forkcheck " FORKCHECK_VERSION);
	end_after_print();
}

static void show_man_options(struct parse *parse, const char *unused)
{
	(void)parse;
	(void)unused;
	options_print_man(stdout);
	end_after_print();
}

static void show_bash_completions(struct parse *parse, const char *unused)
{
	(void)parse;
	(void)unused;
	completions_print_bash(stdout);
	end_after_print();
}

static void show_zsh_completions(struct parse *parse, const char *unused)
{
	(void)parse;
	(void)unused;
	completions_print_zsh(stdout);
	end_after_print();
}

static void show_fish_completions(struct parse *parse, const char *unused)
{
	(void)parse;
	(void)unused;
	completions_print_fish(stdout);
	end_after_print();
}

/* --- the whole line ---------------------------------------------------------- */

static const struct argp_option *option_with_key(int key)
{
	for (const struct argp_option *option = command_line()->options; option->name != NULL;
	     option++)
		if (option->key == key)
			return option;
	return NULL;
}

/* The option that a word names, as getopt would: exact, or the only one that starts so. */
static const struct argp_option *option_named(const char *word)
{
	const struct argp_option *found = NULL;
	size_t length;

	if (word[1] != '-')
		return option_with_key(word[1]);
	word += strlen("--");
	length = strcspn(word, "=");
	for (const struct argp_option *option = command_line()->options; option->name != NULL;
	     option++) {
		if (strncmp(option->name, word, length) != 0)
			continue;
		if (option->name[length] == '\0')
			return option;
		if (found != NULL)
			return NULL;
		found = option;
	}
	return found;
}

/* argp says only that something is wrong: it is the first word that it did not get over. */
static void report_bad_option(const char *word) __attribute__((noreturn));

static void report_bad_option(const char *word)
{
	const struct argp_option *option = option_named(word);

	if (option == NULL)
		bad_usage("unknown option '%.*s'", (int)strcspn(word, "="), word);
	if (option->arg != NULL)
		bad_usage("option '--%s' needs a value: --%s=%s", option->name, option->name,
			  option->arg);
	bad_usage("option '--%s' takes no value", option->name);
}

static void check_no_options(const struct command *command, char *const *operand)
{
	for (; *operand != NULL; operand++) {
		if (strcmp(*operand, "--help") == 0)
			show_help(NULL, NULL);
		if (**operand == '-')
			bad_usage("unknown option '%s' of '%s'", *operand, command->name);
	}
}

/* A command with formats of its own looks for them itself. */
static void check_formats(const struct options *options)
{
	for (size_t i = 0; i < options->output_count; i++)
		if (options->outputs[i].format == NULL && !options->command->has_own_formats)
			bad_usage("--format=%s: no such format (%s)", options->outputs[i].name,
				  report_format_names());
}

static void check_operands(struct parse *parse)
{
	struct options *options = parse->options;
	const struct command *command = options->command;

	if (command == NULL)
		bad_usage("%s", commands[0].missing);
	if (command->operands == OPERANDS_MIXED || command->operands == OPERANDS_NONE)
		options->arguments[parse->operand_count] = NULL;
	if (command->operands == OPERANDS_LAST)
		check_no_options(command, options->arguments);
	if (command->operands == OPERANDS_NONE && parse->operand_count != 0)
		bad_usage("'%s' takes no '%s'", command->name, options->arguments[0]);
	if (command->missing != NULL && options->arguments[0] == NULL && options->core_count == 0)
		bad_usage("%s", command->missing);
	if (options->keep_session != NULL && command->operands != OPERANDS_PROGRAM)
		bad_usage("--keep-session goes with a program to run");
}

static void options_parse_words(struct parse *parse, int count, char **words)
{
	/* No permutation: `forkcheck ls --foo` gives --foo to ls. */
	const unsigned int flags = ARGP_IN_ORDER | ARGP_SILENT;

	parse->next = 1;
	if (count > 0 && argp_parse(command_line(), count, words, flags, NULL, parse) != 0)
		report_bad_option(words[parse->next]);
}

/* Options keep pointers to the words, which therefore stay. */
static char **environment_words(int *count)
{
	const char *text = getenv(OPTIONS_VARIABLE);
	char *line = NULL, **words;

	*count = 0;
	/* argp takes the first word for the name of the program. */
	if (text == NULL || asprintf(&line, "forkcheck %s", text) < 0)
		return NULL;
	words = words_split(line, count);
	free(line);
	if (words == NULL)
		bad_usage("%s", errno == EINVAL ? "a quote is not closed" : strerror(errno));
	return words;
}

/* Reports that a later place asks for stand in the place of an earlier one's. */
struct earlier_reports {
	struct output outputs[OUTPUTS_MAX];
	size_t count;
};

static void begin_layer(struct earlier_reports *earlier, struct options *options)
{
	memcpy(earlier->outputs, options->outputs, sizeof(earlier->outputs));
	earlier->count = options->output_count;
	options->output_count = 0;
}

static void end_layer(const struct earlier_reports *earlier, struct parse *parse)
{
	struct options *options = parse->options;

	place_waiting_files(parse);
	if (options->output_count != 0) {
		options->has_file_reports = false;
		return;
	}
	memcpy(options->outputs, earlier->outputs, sizeof(options->outputs));
	options->output_count = earlier->count;
}

static void parse_environment(struct options *options, const char *source)
{
	struct parse parse = {.options = options, .layer = LAYER_ENVIRONMENT, .source = source};
	struct earlier_reports earlier;
	/* The options point into them for as long as they are used. */
	static char **words;
	int count;

	free(words);
	place = OPTIONS_VARIABLE ": ";
	words = environment_words(&count);
	begin_layer(&earlier, options);
	options_parse_words(&parse, count, words);
	end_layer(&earlier, &parse);
	place = "";
}

static void parse_lines(struct options_file *file, struct parse *parse)
{
	char **words;
	int count;

	while ((words = options_file_next(file, &kept, &count)) != NULL) {
		parse->source = arena_printf(&kept, "%s:%u", file->path, file->reader.number);
		place = arena_printf(&kept, "%s: ", parse->source);
		options_parse_words(parse, count, words);
	}
	place = "";
	if (file->reader.problem != NULL)
		bad_usage("%s:%u: %s", file->path, file->reader.number, file->reader.problem);
	place_waiting_files(parse);
	parse->options->has_file_reports = parse->options->output_count != 0;
}

/* Returns its path; NULL: there is none. */
static const char *parse_file(struct options *options, const char *asked)
{
	struct parse parse = {.options = options, .layer = LAYER_FILE};
	struct options_file file;
	const char *problem;

	if (!options_file_open(&file, &kept, asked, &problem)) {
		if (problem != NULL)
			bad_usage("%s", problem);
		return NULL;
	}
	parse.folder = file.folder;
	parse.is_found = file.was_found;
	parse_lines(&file, &parse);
	options_file_close(&file);
	return file.path;
}

static void show_given(const char *file) __attribute__((noreturn));

static void show_given(const char *file)
{
	given_options_print(stdout, file);
	end_after_print();
}

static void parse_command_line(struct options *options, int count, char **words, const char *file)
{
	struct options given = *options;
	struct parse parse = {
		.options = &given, .layer = LAYER_COMMAND_LINE, .source = "the command line"};
	struct earlier_reports earlier;

	begin_layer(&earlier, &given);
	given.keep_session = NULL;
	options_parse_words(&parse, count, words);
	if (given.show_config)
		show_given(file);
	check_operands(&parse);
	end_layer(&earlier, &parse);
	/* Those of a file are meant for findings. */
	if (given.command->has_own_formats && given.has_file_reports)
		given.output_count = 0;
	check_formats(&given);
	if (given.keep_session == NULL)
		given.keep_session = options->keep_session;
	*options = given;
}

static struct options default_options(void)
{
	return (struct options){
		.fail_on = SEVERITY_ERROR,
		.error_exitcode = EXIT_FINDINGS,
		.hang_after_ms = HANG_AFTER_MS,
		.watch_ms = WATCH_MS,
		.max_kills = MAX_KILLS,
		.end_after_ms = END_AFTER_MS,
	};
}

/* The name of the file is in what wins over the file: a look ahead, at copies of the words, for
 * operands are moved together. NULL: none is named. */
static const char *config_asked_for(int count, char **words)
{
	struct options options = default_options();
	struct parse parse = {.options = &options, .layer = LAYER_COMMAND_LINE};
	char **copies = arena_array(&kept, (size_t)count + 1, sizeof(*copies));

	memcpy(copies, words, (size_t)count * sizeof(*copies));
	parse_environment(&options, NULL);
	options_parse_words(&parse, count, copies);
	return options.config != NULL ? arena_strdup(&kept, options.config) : NULL;
}

static void forget_earlier_parse(void)
{
	static bool is_not_first;

	if (is_not_first)
		arena_release(&kept);
	arena_init(&kept);
	given_options_reset();
	is_not_first = true;
}

void options_parse(struct options *options, int argc, char **argv)
{
	const char *file;

	forget_earlier_parse();
	*options = default_options();
	file = parse_file(options, config_asked_for(argc, argv));
	parse_environment(options, OPTIONS_VARIABLE);
	parse_command_line(options, argc, argv, file);
	settle_outputs(options);
	settle_reaction(options);
}

/* roff reads a hyphen as a typographic one unless it is escaped. */
static void print_roff(FILE *stream, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '-')
			fputc('\\', stream);
		fputc(*text, stream);
	}
}

void options_print_man(FILE *stream)
{
	for (const struct argp_option *option = command_line()->options; option->name != NULL;
	     option++) {
		if (option->flags & OPTION_HIDDEN)
			continue;
		fputs(".TP\n", stream);
		if (option->key < FIRST_KEY)
			fprintf(stream, "\\fB\\-%c\\fR, ", option->key);
		fputs("\\fB\\-\\-", stream);
		print_roff(stream, option->name);
		fputs("\\fR", stream);
		if (option->arg != NULL)
			fprintf(stream,
				option->flags & OPTION_ARG_OPTIONAL ? "[=\\fI%s\\fR]"
								    : "=\\fI%s\\fR",
				option->arg);
		fputc('\n', stream);
		print_roff(stream, option->doc);
		fputc('\n', stream);
	}
}
