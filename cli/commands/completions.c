/*
 * Scripts for the completion of shells are printed here. Options that --help does not list are not
 * completed; files are, where an option's argument is called FILE; and once a program is named,
 * its own words follow.
 */
#include "completions.h"
#include "base/arena.h"
#include "commands.h"
#include "findings/rules/rule.h"
#include "options.h"

#include <string.h>

struct completion {
	char letter; /* 0: none */
	const char *name;
	const char *argument; /* NULL: none */
	const char *help;
	bool may_lack; /* its argument */
};

/* clang-format off */
#define FLAG(name, member, help)                  {0, name, NULL, help, false},
#define VALUE(name, argument, take, help)         {0, name, argument, help, false},
#define OPTIONAL(name, argument, take, help)      {0, name, argument, help, true},
#define SHORT(letter, name, argument, take, help) {letter, name, argument, help, false},
#define HIDDEN(name, take)
/* clang-format on */

static const struct completion completions[] = {
	OPTION_LIST(FLAG, VALUE, OPTIONAL, SHORT, HIDDEN){0, NULL, NULL, NULL, false}};

/* Arguments that are one of some words; each is tried by a test. */
static const struct choice {
	const char *name, *words;
} choices[] = {
	{"fail-on", "error warning note proven never"},
	{"on-deadlock", "kill stop abort wait end-run"},
	{"wait", "program all"},
	{"color", "auto always never"},
};

static const char *format_words(struct arena *arena)
{
	const char *words = report_formats[0].name;

	for (size_t i = 1; report_formats[i].name; i++)
		words = arena_printf(arena, "%s %s", words, report_formats[i].name);
	return words;
}

/* The words that an option's argument can be; NULL: any. */
static const char *words_of(struct arena *arena, const struct completion *option)
{
	if (strcmp(option->name, "format") == 0)
		return format_words(arena);
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (strcmp(option->name, choices[i].name) == 0)
			return choices[i].words;
	return NULL;
}

static bool takes_file(const struct completion *option)
{
	return option->argument && strcmp(option->argument, "FILE") == 0;
}

static const char *command_words(struct arena *arena)
{
	const char *words = "";

	for (const struct command *command = commands; command->run; command++)
		if (command->name)
			words = arena_printf(arena, "%s%s%s", words, *words ? " " : "",
					     command->name);
	return words;
}

static const char *rule_words(struct arena *arena)
{
	const char *words = "";

	for (const struct rule *rule = rules; rule->code; rule++)
		words = arena_printf(arena, "%s%s%s", words, *words ? " " : "", rule->code);
	return words;
}

/* What stands before the first detail of a help text, without what a shell would read. */
static const char *summary_of(struct arena *arena, const char *help)
{
	static const char special[] = "'\"\\`$[]:";
	char *summary = arena_strndup(arena, help, strcspn(help, ".,;:("));
	size_t length = strlen(summary);

	for (char *at = summary; (at = strpbrk(at, special)) != NULL;)
		*at = ' ';
	while (length > 0 && summary[length - 1] == ' ')
		summary[--length] = '\0';
	return summary;
}

/* --- bash --------------------------------------------------------------------------------------
 */

static void put_bash_names(FILE *stream, bool with_argument)
{
	const char *between = "";

	for (const struct completion *option = completions; option->name; option++) {
		if (with_argument && (!option->argument || option->may_lack))
			continue;
		if (option->letter)
			fprintf(stream, "%s-%c", between, option->letter);
		fprintf(stream, "%s--%s", option->letter ? with_argument ? "|" : " " : between,
			option->name);
		between = with_argument ? "|" : " ";
	}
}

static void put_bash_arguments(FILE *stream, struct arena *arena)
{
	for (const struct completion *option = completions; option->name; option++) {
		const char *words = words_of(arena, option);

		if (words)
			fprintf(stream, "\t--%s) words='%s' files= ;;\n", option->name, words);
		else if (takes_file(option) && option->letter)
			fprintf(stream, "\t-%c|--%s) files=1 ;;\n", option->letter, option->name);
		else if (takes_file(option))
			fprintf(stream, "\t--%s) files=1 ;;\n", option->name);
		else if (option->argument && !option->may_lack)
			fprintf(stream, "\t--%s) return ;;\n", option->name);
	}
}

/* "--fail-on=err" is three words to bash. */
static const char bash_start[] =
	"# bash completion of forkcheck; made by forkcheck --print-bash-completions\n"
	"_forkcheck() {\n"
	"\tlocal current=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}\n"
	"\tlocal words= files= command= i\n"
	"\tCOMPREPLY=()\n"
	"\t[ \"$current\" != = ] || current=\n"
	"\t[ \"$option\" != = ] || option=${COMP_WORDS[COMP_CWORD - 2]}\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n"
	"\t\t=) ((i++)) ;;\n"
	"\t\t";

static const char bash_middle[] = ") [ \"${COMP_WORDS[i + 1]}\" = = ] || ((i++)) ;;\n"
				  "\t\t-*) ;;\n"
				  "\t\t*) command=${COMP_WORDS[i]}; break ;;\n"
				  "\t\tesac\n"
				  "\tdone\n"
				  "\tcase $command in\n";

static const char bash_end[] = "\tesac\n"
			       "\tif [ \"$files\" ]; then\n"
			       "\t\tcompopt -o filenames 2>/dev/null\n"
			       "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
			       "\t\treturn\n"
			       "\tfi\n"
			       "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
			       "}\n"
			       "complete -F _forkcheck forkcheck\n";

void completions_print_bash(FILE *stream)
{
	struct arena arena;

	arena_init(&arena);
	fputs(bash_start, stream);
	put_bash_names(stream, true);
	fputs(bash_middle, stream);
	fprintf(stream, "\t'') ;;\n\texplain) words='%s' ;;\n", rule_words(&arena));
	fprintf(stream, "\t%s) ;;\n", "attach|scan");
	fputs("\treport) [[ $current == -* ]] || files=1 ;;\n"
	      "\t*)\n\t\tif declare -F _command_offset >/dev/null; then\n"
	      "\t\t\t_command_offset $i\n\t\telse\n"
	      "\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n\t\tfi\n"
	      "\t\treturn\n\t\t;;\n\tesac\n\tcase $option in\n",
	      stream);
	put_bash_arguments(stream, &arena);
	fputs("\t*)\n\t\tif [[ $current == -* ]]; then\n\t\t\twords='", stream);
	put_bash_names(stream, false);
	fputs("'\n\t\telif [ ! \"$command\" ]; then\n", stream);
	fprintf(stream,
		"\t\t\tmapfile -t COMPREPLY < <(compgen -c -- \"$current\"; compgen -W '%s' -- "
		"\"$current\")\n\t\t\treturn\n\t\tfi\n\t\t;;\n",
		command_words(&arena));
	fputs(bash_end, stream);
	arena_release(&arena);
}

/* --- zsh ----------------------------------------------------------------------------------------
 */

static void put_zsh_option(FILE *stream, struct arena *arena, const struct completion *option)
{
	const char *words = words_of(arena, option);
	const char *summary = summary_of(arena, option->help);

	if (option->letter)
		fprintf(stream, "\t'*-%c+[%s]:%s:_files' \\\n", option->letter, summary,
			option->argument);
	fprintf(stream, "\t'*--%s%s[%s]", option->name,
		!option->argument  ? ""
		: option->may_lack ? "=-"
				   : "=",
		summary);
	if (option->argument)
		fprintf(stream, "%s%s:%s%s%s", option->may_lack ? "::" : ":", option->argument,
			words                ? "("
			: takes_file(option) ? "_files"
					     : "",
			words ? words : "", words ? ")" : "");
	fputs("' \\\n", stream);
}

void completions_print_zsh(FILE *stream)
{
	struct arena arena;

	arena_init(&arena);
	fputs("#compdef forkcheck\n# made by forkcheck --print-zsh-completions\n"
	      "_forkcheck_first() {\n",
	      stream);
	fprintf(stream,
		"\t_alternative 'commands:command:(%s)' 'programs:program:_command_names -e'\n}\n",
		command_words(&arena));
	fprintf(stream,
		"_forkcheck_rest() {\n\tcase $words[1] in\n\texplain) compadd -- %s ;;\n"
		"\treport) _files ;;\n\tattach) _pids ;;\n\tscan) ;;\n\t*) _normal ;;\n\tesac\n}\n",
		rule_words(&arena));
	fputs("_arguments -S \\\n", stream);
	for (const struct completion *option = completions; option->name; option++)
		put_zsh_option(stream, &arena, option);
	fputs("\t'1: :_forkcheck_first' '*:: :_forkcheck_rest'\n", stream);
	arena_release(&arena);
}

/* --- fish ---------------------------------------------------------------------------------------
 */

void completions_print_fish(FILE *stream)
{
	struct arena arena;

	arena_init(&arena);
	fputs("# fish completion of forkcheck; made by forkcheck --print-fish-completions\n",
	      stream);
	for (const struct completion *option = completions; option->name; option++) {
		const char *words = words_of(&arena, option);

		fprintf(stream, "complete -c forkcheck -l %s", option->name);
		if (option->letter)
			fprintf(stream, " -s %c", option->letter);
		if (words)
			fprintf(stream, " -x -a '%s'", words);
		else if (option->argument && !option->may_lack)
			fputs(takes_file(option) ? " -r -F" : " -x", stream);
		fprintf(stream, " -d '%s'\n", summary_of(&arena, option->help));
	}
	fprintf(stream, "complete -c forkcheck -n __fish_use_subcommand -a '%s'\n",
		command_words(&arena));
	fputs("complete -c forkcheck -n __fish_use_subcommand -x -a '(__fish_complete_command)'\n",
	      stream);
	fprintf(stream,
		"complete -c forkcheck -n '__fish_seen_subcommand_from explain' -x -a '%s'\n",
		rule_words(&arena));
	fputs("complete -c forkcheck -n '__fish_seen_subcommand_from report' -F\n", stream);
	arena_release(&arena);
}
