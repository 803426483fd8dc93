/* The addresses of connections are put into words here, as they stand in a record. */
#include "peer_words.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static const char *words_of_inet(struct arena *arena, const char *address, size_t length)
{
	struct sockaddr_in inet;
	char text[INET_ADDRSTRLEN];

	if (length < sizeof(inet))
		return NULL;
	memcpy(&inet, address, sizeof(inet));
	if (!inet_ntop(AF_INET, &inet.sin_addr, text, sizeof(text)))
		return NULL;
	return arena_printf(arena, "%s:%u", text, ntohs(inet.sin_port));
}

static const char *words_of_inet6(struct arena *arena, const char *address, size_t length)
{
	struct sockaddr_in6 inet;
	char text[INET6_ADDRSTRLEN];

	if (length < sizeof(inet))
		return NULL;
	memcpy(&inet, address, sizeof(inet));
	if (!inet_ntop(AF_INET6, &inet.sin6_addr, text, sizeof(text)))
		return NULL;
	return arena_printf(arena, "[%s]:%u", text, ntohs(inet.sin6_port));
}

/* A name that begins with a NUL is in no file system. */
static const char *words_of_unix(struct arena *arena, const char *address, size_t length)
{
	const char *path = address + offsetof(struct sockaddr_un, sun_path);
	size_t most = length - offsetof(struct sockaddr_un, sun_path);

	if (length <= offsetof(struct sockaddr_un, sun_path) + 1)
		return NULL;
	if (!*path)
		return arena_printf(arena, "@%s", arena_strndup(arena, path + 1, most - 1));
	return arena_strndup(arena, path, most);
}

const char *peer_words(struct arena *arena, const char *address, size_t length)
{
	sa_family_t family;

	if (length < sizeof(family))
		return NULL;
	memcpy(&family, address, sizeof(family));
	if (family == AF_INET)
		return words_of_inet(arena, address, length);
	if (family == AF_INET6)
		return words_of_inet6(arena, address, length);
	return family == AF_UNIX ? words_of_unix(arena, address, length) : NULL;
}
