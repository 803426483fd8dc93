/*
 * The list of options: an option is one row. argp parses from the rows, --help prints them, the
 * man page's list is made of them, and so are the members of struct options that a flag sets.
 *
 *   flag(name, member, help)                      sets a bool of that name
 *   value(name, argument, function, help)         the function (options.c) gets the word; without
 *                                                 an argument (NULL) it is only called
 *   optional(name, argument, function, help)      the argument may be left out: then it gets NULL
 *   lettered(letter, name, argument, function, help)  has a short form, too
 *   hidden(name, function)                        is not listed
 *
 * FORMATS, in a help text, is replaced by their names.
 */
#ifndef FORKCHECK_OPTION_LIST_H
#define FORKCHECK_OPTION_LIST_H

/* clang-format off */
#define OPTION_LIST(flag, value, optional, lettered, hidden) \
	value("format", "FORMAT", parse_format, \
	      "Write the report as FORMATS (text is the default). May be given more than once, " \
	      "each with an --output of its own; a format without one goes to standard error. " \
	      "'scan' has openmetrics too, and goes to standard output.") \
	lettered('o', "output", "FILE", parse_output, \
	      "Write to FILE instead of standard error. Belongs to the nearest --format before it " \
	      "that has no file yet, else to the next one after it, else to the text report.") \
	value("fail-on", "SEVERITY", parse_fail_on, \
	      "Exit with the status of --error-exitcode where a finding is at least an error (the " \
	      "default; predicted ones count), a warning or a note; or is an error that happened, " \
	      "in this run or when it was tried (proven); or never.") \
	value("error-exitcode", "N", parse_error_exitcode, \
	      "The exit status with findings, 1 to 255 (default 66).") \
	value("on-deadlock", "ACTION", parse_on_deadlock, \
	      "What to do with a process whose hang is proven and not suppressed: kill it (the " \
	      "default), stop it for a debugger, abort it, wait, which only reports it, or " \
	      "end-run, which reports it and ends the whole run.") \
	value("hang-after", "DURATION", parse_hang_after, \
	      "Report a child that makes no progress for so long, and whose hang cannot be proven, " \
	      "as suspected: 500ms, 10s (the default), 2m; a plain number is seconds.") \
	value("max-kills", "N", parse_max_kills, \
	      "End the run when N processes had to be killed for the same finding: 3 (the " \
	      "default); 0 is no limit.") \
	value("end-after", "DURATION", parse_end_after, \
	      "End the run when it has an error, or a process of it was killed, and nothing in it " \
	      "has moved for so long: 60s (the default); 0 is never. Not with --on-deadlock=wait " \
	      "or stop.") \
	value("wait", "FOR", parse_wait, \
	      "Watch until the program has ended, and 2 seconds more for descendants that outlive " \
	      "it (program, the default), or until the last of them has ended (all).") \
	optional("confirm", "N", parse_confirm, \
	      "Run the program again, up to N times (5), with its forks moved to where a predicted " \
	      "deadlock would strike, until each prediction is decided: confirmed, withdrawn, or " \
	      "still predicted. What hangs in these runs is killed. Without a prediction forks are " \
	      "moved about.") \
	value("drive", "CMD", parse_drive, \
	      "Once the program runs, in each run, start CMD with /bin/sh -c; FORKCHECK_PID is the " \
	      "program's number. When CMD has ended, the program gets SIGTERM; if that ends it, " \
	      "the exit status is CMD's.") \
	flag("attach", attach, \
	     "With scan: attach to each that is suspected, and say whether it hangs, and why. Its " \
	     "tasks are held for a millisecond each.") \
	flag("tree", tree, \
	     "With attach: also the process that forked it, and all descendants of both.") \
	value("core", "FILE", parse_core, \
	      "With attach: say it of the process whose core file this is (gcore, coredumpctl dump). " \
	      "May be given more than once: also the parent's.") \
	value("exe", "FILE", parse_exe, \
	      "The program of a core file, where it is not any more at the path that the core has.") \
	value("watch", "DURATION", parse_watch, \
	      "With attach: watch for so long (2500ms) what is not certain at once; whoever stands " \
	      "still for all of it is at least suspected.") \
	flag("no-subreaper", no_subreaper, \
	     "Leave orphans to init, for programs that ask for their parent's number. A process " \
	     "whose parent has ended is then not watched any more.") \
	value("keep-session", "FILE", parse_keep_session, \
	      "Write what was recorded to FILE, for 'forkcheck report'. FILE holds pieces of the " \
	      "program's memory; only its owner may read it.") \
	value("summary", "WHAT", parse_summary, \
	      "End the report with a table, also where nothing was found: libraries, what each " \
	      "package brings to a fork (threads, locks, handlers, findings).") \
	value("suppressions", "FILE", add_suppressions, \
	      "Leave out the findings that a line of FILE matches. May be given more than once.") \
	flag("print-suppressions", print_suppressions, \
	     "At the end, print a line for a suppressions file to standard output for each finding " \
	     "that is shown.") \
	value("gen-suppressions", "FILE", parse_gen_suppressions, \
	      "At the end, write these lines to FILE. Each was tried on all findings of the report: " \
	      "it hides its own and no other.") \
	value("baseline", "FILE", parse_baseline, \
	      "Findings that FILE lists are known: they are left out, and do not change the exit " \
	      "status. What hangs is still acted upon.") \
	value("write-baseline", "FILE", parse_write_baseline, \
	      "At the end, write a baseline of this run's findings to FILE; with --baseline, of " \
	      "those in it too. The exit status stays what it is.") \
	value("user", "USER", parse_user, \
	      "Only for 'scan': only processes of this user, by name or number.") \
	value("older-than", "DURATION", parse_older_than, \
	      "Only for 'scan': only processes that were started so long ago: 30s, 10m, 2h, 1d; a " \
	      "plain number is seconds.") \
	flag("require-observed", require_observed, \
	     "Exit with 67 also where a descendant of the program could not be observed.") \
	flag("notes", notes, "Show findings of severity note, which are else only counted.") \
	flag("full-stacks", full_stacks, \
	     "Show every frame of each stack in a text report, also those of libc, of languages' " \
	     "own libraries and of what the fork's stack has as well.") \
	flag("quiet", quiet, \
	     "Write no text report to standard error: the exit status, and reports with an " \
	     "--output of their own, tell. What forkcheck itself cannot do is still said.") \
	value("color", "WHEN", parse_color, \
	      "Colour the text report: auto (the default: on a terminal, unless NO_COLOR is set), " \
	      "always or never.") \
	value("config", "FILE", parse_config, \
	      "Read options from FILE (/dev/null: from none), not from the nearest .forkcheckrc of " \
	      "the working directory and those above it. FORKCHECK_OPTIONS and the command line " \
	      "win over it.") \
	flag("show-config", show_config, \
	     "Print the options that were given, where, and which of them count; run nothing.") \
	value("help", NULL, show_help, "Print this help.") \
	value("version", NULL, show_version, "Print the version.") \
	hidden("print-man-options", show_man_options) \
	hidden("print-bash-completions", show_bash_completions) \
	hidden("print-zsh-completions", show_zsh_completions) \
	hidden("print-fish-completions", show_fish_completions)
/* clang-format on */

#endif
