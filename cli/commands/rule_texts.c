/*
 * Embeds docs/rules/CODE.md. A new rule is one line in RULES; the build has to
 * make this file again when one of the texts changes.
 */
#include "rule_texts.h"

#include <stddef.h>

#ifndef FORKCHECK_DOCS_DIR
#define FORKCHECK_DOCS_DIR "docs"
#endif

/* clang-format off */
#define RULES(rule) \
	rule(FC001) \
	rule(FC002) \
	rule(FC003) \
	rule(FC005) \
	rule(FC007) \
	rule(FC008) \
	rule(FC009) \
	rule(FC010) \
	rule(FC011) \
	rule(FC012) \
	rule(FC015) \
	rule(FC016)
/* clang-format on */

/* Hidden: the address needs no relocation, and no library can put its own in front. */
#define EMBED(code)                                                                                \
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

RULES(EMBED)

#define ENTRY(code) {#code, rule_text_##code},

const struct rule_text rule_texts[] = {RULES(ENTRY){NULL, NULL}};
