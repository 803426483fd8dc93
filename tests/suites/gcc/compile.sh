#!/bin/sh
# The driver starts the preprocessor, the compiler, the assembler and the
# linker; the linker's plugin starts make, which starts the compiler again.
set -eu
for number in $(seq 8); do
	echo "int part_$number(int value) { return value * $number + 1; }" >"part_$number.c"
done
{
	echo '#include <stdio.h>'
	for number in $(seq 8); do echo "int part_$number(int);"; done
	echo 'int main(void) { int value = 1;'
	for number in $(seq 8); do echo "value = part_$number(value);"; done
	echo 'return printf("%d", value) < 0; }'
} >main.c

gcc -O2 -pipe -o plain main.c part_*.c
./plain && echo
gcc -O2 -flto=4 -flto-partition=max -fno-inline -o whole main.c part_*.c
./whole && echo
gcc -O2 -Wall -E main.c | gcc -x c -c -o piped.o -
gcc -o piped piped.o part_*.c
./piped && echo
echo 'int main(void) { return undeclared; }' >wrong.c
gcc -c wrong.c 2>wrong.log || echo "status $?"
grep -c undeclared wrong.log
