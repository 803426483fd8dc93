/* This is the table of commands, and how a command is found in it. */
#include "commands.h"

#include "attach_command.h"
#include "explain.h"
#include "report.h"
#include "run.h"
#include "scan.h"
#include <string.h>

const struct command commands[] = {
	{NULL, "[--] PROGRAM [ARGUMENT...]", "", OPERANDS_PROGRAM, "no program to run", command_run,
	 false},
	{"attach", "attach [--tree] PID...|--core=FILE",
	 "'forkcheck attach' says of processes that run already whether they hang, and why; "
	 "nothing is done to them, unless --on-deadlock says so.",
	 OPERANDS_MIXED, "no process to attach to", command_attach, false},
	{"report", "report FILE...",
	 "'forkcheck report' makes one report of sessions that --keep-session wrote.",
	 OPERANDS_MIXED, "no session to report on", command_report, false},
	{"explain", "explain [CODE...]",
	 "'forkcheck explain' lists the rules, 'forkcheck explain FC001' explains one.",
	 OPERANDS_LAST, NULL, command_explain, false},
	{"scan", "scan",
	 "'forkcheck scan' looks for fork children that hang among all processes of the machine, "
	 "in /proc alone.",
	 OPERANDS_NONE, NULL, command_scan, true},
	{NULL, NULL, NULL, OPERANDS_PROGRAM, NULL, NULL, false},
};

const struct command *command_find(const char *name)
{
	for (const struct command *command = commands; command->run != NULL; command++)
		if (command->name != NULL && strcmp(command->name, name) == 0)
			return command;
	return NULL;
}
