/* make that starts 2,000 processes which do nothing: what the start of each costs. */
#include "bench_make.h"

int main(int argc, char **argv)
{
	return bench_make("true", bench_operations(argc, argv, 2000));
}
