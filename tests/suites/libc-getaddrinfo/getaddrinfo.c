/* getaddrinfo: names looked up by a thread while another forks. */
#include "../beside.h"
#include <netdb.h>

static void call(void)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found;

	if (getaddrinfo("localhost", "http", &hints, &found) == 0)
		freeaddrinfo(found);
}

int main(int argc, char **argv)
{
	(void)argv;
	return fork_beside(call, argc > 1);
}
