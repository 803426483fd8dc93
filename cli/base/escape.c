/*
 * These functions make strings of strangers safe to show. They read no byte behind the NUL and
 * no more of a long string than it shows.
 */
#include "escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct character {
	size_t length; /* bytes; 1 where invalid */
	uint32_t code;
	bool valid;
};

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Overlong forms, surrogates and what lies above U+10FFFF are invalid (RFC 3629). */
static bool is_scalar(uint32_t code, size_t length)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};

	return code >= smallest[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

static struct character decode(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	struct character invalid = {1, bytes[0], false};
	struct character character = {1, bytes[0], true};

	if (bytes[0] < 0x80)
		return character;
	if ((bytes[0] & 0xe0) == 0xc0)
		character = (struct character){2, bytes[0] & 0x1f, true};
	else if ((bytes[0] & 0xf0) == 0xe0)
		character = (struct character){3, bytes[0] & 0x0f, true};
	else if ((bytes[0] & 0xf8) == 0xf0)
		character = (struct character){4, bytes[0] & 0x07, true};
	else
		return invalid;
	for (size_t i = 1; i < character.length; i++) {
		if (!is_continuation(bytes[i]))
			return invalid;
		character.code = character.code << 6 | (bytes[i] & 0x3f);
	}
	return is_scalar(character.code, character.length) ? character : invalid;
}

/* Bidirectional controls are among them: they make a line read as another one. */
static bool is_printable(const struct character *character)
{
	uint32_t code = character->code;

	if (!character->valid || code < 0x20 || (code >= 0x7f && code < 0xa0))
		return false;
	if (code == 0x200e || code == 0x200f || code == 0x061c || code == 0xfeff)
		return false;
	return (code < 0x2028 || code > 0x202e) && (code < 0x2066 || code > 0x2069);
}

/* Returns the bytes written; `shown` gets the columns that they take. */
static size_t put_printable(char *out, const char *text, const struct character *character,
			    size_t *shown)
{
	size_t written = 0;

	if (is_printable(character)) {
		memcpy(out, text, character->length);
		*shown = 1;
		return character->length;
	}
	for (size_t i = 0; i < character->length; i++)
		written += (size_t)sprintf(out + written, "\\x%02x", (unsigned char)text[i]);
	*shown = written;
	return written;
}

char *escape_terminal(struct arena *arena, const char *text, size_t columns)
{
	/* 16 bytes: the longest character, escaped. */
	char *out = arena_zalloc(arena, strnlen(text, columns * 4) * 4 + 16 + sizeof("..."));
	size_t length = 0, used = 0, cut = 0;

	while (*text != '\0') {
		struct character character = decode(text);
		size_t shown, written;

		written = put_printable(out + length, text, &character, &shown);
		if (used + shown > columns) {
			strcpy(out + cut, columns < 3 ? "" : "...");
			return out;
		}
		length += written;
		used += shown;
		text += character.length;
		if (used + 3 <= columns)
			cut = length;
	}
	out[length] = '\0';
	return out;
}

char *escape_utf8(struct arena *arena, const char *text, size_t limit)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t available = strnlen(text, limit);
	char *out = arena_zalloc(arena, (available + 4) * 3 + sizeof("..."));
	const char *end = text + available;
	size_t length = 0;

	while (text < end) {
		struct character character = decode(text);
		/* DEL is the one control that JSON lets pass. */
		bool valid = character.valid && character.code != 0x7f;

		memcpy(out + length, valid ? text : replacement, valid ? character.length : 3);
		length += valid ? character.length : 3;
		text += character.length;
	}
	strcpy(out + length, *text != '\0' ? "..." : "");
	return out;
}

/* U+FFFE and U+FFFF; what else XML forbids is one byte. */
static bool is_noncharacter(const char *text)
{
	return memcmp(text, "\xef\xbf", 2) == 0 && ((unsigned char)text[2] & 0xfe) == 0xbe;
}

/* What stands for the character in XML, and in `length` how many bytes it has. NULL: it itself. */
static const char *xml_entity(const char *text, size_t *length)
{
	*length = 1;
	switch (*text) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&apos;";
	case '\t':
	case '\n':
		return NULL;
	case '\xef':
		if (!is_noncharacter(text))
			return NULL;
		*length = 3;
		return "\xef\xbf\xbd";
	}
	return (unsigned char)*text < 0x20 ? "\xef\xbf\xbd" : NULL;
}

char *escape_xml(struct arena *arena, const char *text, size_t limit)
{
	const char *from = escape_utf8(arena, text, limit);
	char *out = arena_zalloc(arena, strlen(from) * strlen("&quot;") + 1), *end = out;

	while (*from != '\0') {
		size_t length;
		const char *entity = xml_entity(from, &length);

		if (entity != NULL)
			end = stpcpy(end, entity);
		else
			*end++ = *from;
		from += length;
	}
	return out;
}

char *escape_uri(struct arena *arena, const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~/";
	char *out = arena_zalloc(arena, strlen(path) * 3 + 1), *end = out;

	for (; *path != '\0'; path++) {
		if (strchr(plain, *path) != NULL)
			*end++ = *path;
		else
			end += sprintf(end, "%%%02X", (unsigned char)*path);
	}
	return out;
}

size_t text_columns(const char *text)
{
	size_t columns = 0;

	for (; *text != '\0'; text++)
		columns += !is_continuation((unsigned char)*text);
	return columns;
}

const char *text_column(const char *text, size_t column)
{
	while (*text != '\0' && column > 0) {
		text++;
		while (is_continuation((unsigned char)*text))
			text++;
		column--;
	}
	return text;
}
