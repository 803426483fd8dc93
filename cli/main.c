/*
 * forkcheck: which fork is unsafe, which lock, who held it, and what to do.
 */
#include "commands/explain.h"
#include "commands/report.h"
#include "commands/run.h"

int main(int argc, char **argv)
{
	struct options options;

	options_parse(&options, argc, argv);
	switch (options.command) {
	case COMMAND_EXPLAIN:
		return command_explain(&options);
	case COMMAND_REPORT:
		return command_report(&options);
	case COMMAND_RUN:
		break;
	}
	return command_run(&options);
}
