/*
 * This file embeds docs/rules/CODE.md of each rule of the list; the build has to make this
 * file again when one of the texts changes.
 */
#include "rule_texts.h"

#include "rule_list.h"

#include <stddef.h>

#ifndef FORKCHECK_DOCS_DIR
#define FORKCHECK_DOCS_DIR "docs"
#endif

/* Hidden: the address needs no relocation, and no library can put its own in front. */
#define EMBED(code, name, severity, function)                                                      \
	extern const char rule_text_##code[] __attribute__((visibility("hidden")));                \
	__asm__(".pushsection .rodata\n"                                                           \
		".globl rule_text_" #code "\n"                                                     \
		".hidden rule_text_" #code "\n"                                                    \
		".type rule_text_" #code ", @object\n"                                             \
		"rule_text_" #code ":\n"                                                           \
		".incbin \"" FORKCHECK_DOCS_DIR "/rules/" #code ".md\"\n"                          \
		".byte 0\n"                                                                        \
		".size rule_text_" #code ", . - rule_text_" #code "\n"                             \
		".popsection\n");

RULE_LIST(EMBED)

#define ENTRY(code, name, severity, function) {#code, rule_text_##code},

const struct rule_text rule_texts[] = {RULE_LIST(ENTRY){NULL, NULL}};
