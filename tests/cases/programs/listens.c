/*
 * Says which signals arrive, and from whom, and which lines it reads. Ends with
 * the line "end", or as a signal that it was not told to catch ends it.
 *
 *   listens [SIGNAL...]      numbers; "stop SIGNAL" on a line raises one
 */
#include "case.h"

static void say(const char *word, int number, const char *rest)
{
	char line[128];
	int length = snprintf(line, sizeof(line), "%s %d %s\n", word, number, rest);

	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		_exit(1);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	char rest[32];

	if (info->si_code == SI_QUEUE)
		snprintf(rest, sizeof(rest), "value %d", info->si_value.sival_int);
	else
		snprintf(rest, sizeof(rest), info->si_code <= 0 ? "process" : "kernel");
	say("got", number, rest);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
	char line[128];

	for (int i = 1; i < argc; i++)
		sigaction(atoi(argv[i]), &action, NULL);
	say("ready", getpid(), "");
	while (fgets(line, sizeof(line), stdin) && strcmp(line, "end\n") != 0) {
		if (strncmp(line, "stop ", 5) == 0)
			raise(atoi(line + 5));
		line[strcspn(line, "\n")] = '\0';
		say("line", (int)strlen(line), line);
	}
	return 5;
}
