/*
 * A compression context with worker threads, used in the parent, then in a child
 * that inherits it. With the argument "safe" the child makes one of its own.
 */
#include "../reap.h"
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define SIZE    (4 << 20)
#define WORKERS 2

static char plain[SIZE];
static char packed[ZSTD_COMPRESSBOUND(SIZE)];

static ZSTD_CCtx *make(void)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, WORKERS);
	return context;
}

static int pack(ZSTD_CCtx *context)
{
	size_t length = ZSTD_compress2(context, packed, sizeof(packed), plain, sizeof(plain));

	return ZSTD_isError(length) ? 1 : 0;
}

int main(int argc, char **argv)
{
	int is_safe = argc > 1 && strcmp(argv[1], "safe") == 0;
	ZSTD_CCtx *context = make();
	pid_t child;

	for (size_t i = 0; i < SIZE; i++)
		plain[i] = (char)(rand() >> 7);
	if (pack(context) != 0)
		return 1;
	child = fork();
	if (child == 0)
		_exit(pack(is_safe ? make() : context));
	return reap(child);
}
