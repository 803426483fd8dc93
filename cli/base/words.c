/*
 * The words of FORKCHECK_OPTIONS are split here. POSIX, Shell Command Language, 2.2 (quoting)
 * and no more of it.
 */
#include "words.h"
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\n";

/* What a backslash takes its meaning from between double quotes; elsewhere from everything. */
static int is_escape(const char *text, char quote)
{
	return *text == '\\' && quote != '\'' && (!quote || (text[1] && strchr("$`\"\\", text[1])));
}

static int is_end(char character, char quote)
{
	return !character || (!quote && strchr(blanks, character));
}

/* Copies one word, with its NUL, to `*to`. Returns where it ends in `text`; NULL: it does not. */
static const char *copy_word(const char *text, char **to)
{
	char quote = 0;

	for (; !is_end(*text, quote); text++) {
		if (*text == quote)
			quote = 0;
		else if (!quote && (*text == '\'' || *text == '"'))
			quote = *text;
		else if (!is_escape(text, quote))
			*(*to)++ = *text;
		else if (*++text)
			*(*to)++ = *text;
		else
			return NULL;
	}
	*(*to)++ = '\0';
	return quote ? NULL : text;
}

char **words_split(const char *text, int *count)
{
	size_t length = strlen(text), most = length / 2 + 2;
	/* No word is longer than what it was written as. */
	char **words = malloc(most * sizeof(*words) + length + 1);
	char *next;

	*count = 0;
	if (!words)
		return NULL;
	next = (char *)(words + most);
	for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
		words[(*count)++] = next;
		text = copy_word(text, &next);
		if (!text) {
			free(words);
			errno = EINVAL;
			return NULL;
		}
	}
	words[*count] = NULL;
	return words;
}
