/*
 * What shells complete after "forkcheck": generated from the list of options, the tables of
 * commands, formats and rules.
 */
#ifndef FORKCHECK_COMPLETIONS_H
#define FORKCHECK_COMPLETIONS_H

#include <stdio.h>

/* A script each: for bash-completion's folder, zsh's site-functions, fish's vendor_completions.d.
 */
void completions_print_bash(FILE *stream);
void completions_print_zsh(FILE *stream);
void completions_print_fish(FILE *stream);

#endif
