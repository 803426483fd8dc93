/*
 * The entry points that libFuzzer calls. Each target is a program of its own.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Once, before the first input. Returns 0. */
int LLVMFuzzerInitialize(int *count, char ***arguments);

/* Judges one input; a crash, a leak or a sanitizer's report is the verdict. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

#endif
