/* make that compiles 700 files: some 2,000 short processes (driver, compiler, assembler). */
#include "bench_make.h"

int main(int argc, char **argv)
{
	return bench_make("cc -c -o $@ $<", bench_operations(argc, argv, 700));
}
