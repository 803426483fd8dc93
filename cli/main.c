/*
 * forkcheck says which fork is unsafe, which lock, who held it, and what to do. Here it
 * begins.
 */
#include "commands/commands.h"

int main(int argc, char **argv)
{
	struct options options;

	options_parse(&options, argc, argv);
	return options.command->run(&options);
}
