/*
 * The options file is found, checked and read here. One that nobody named may lie in a folder
 * above that others write to, such as /tmp: it counts only if it is the user's own, or root's.
 */
#include "options_file.h"
#include "base/upward.h"
#include "base/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINES_MAX 10000

static const char *folder_of(struct arena *arena, const char *path)
{
	const char *last = strrchr(path, '/');

	if (last == NULL)
		return NULL;
	return arena_strndup(arena, path, last == path ? 1 : (size_t)(last - path));
}

static const char *find_file(struct arena *arena, const char **folder)
{
	char *found = upward_find(OPTIONS_FILE);
	const char *path;

	if (found == NULL)
		return NULL;
	*folder = arena_strdup(arena, found);
	path = arena_printf(arena, "%s/%s", strcmp(found, "/") == 0 ? "" : found, OPTIONS_FILE);
	free(found);
	return path;
}

/* Why a file that was found is not to be used; NULL: it is. */
static const char *distrust(const struct stat *status)
{
	if (!S_ISREG(status->st_mode))
		return "is no regular file";
	if (status->st_uid != geteuid() && status->st_uid != 0)
		return "belongs to another user";
	if (status->st_mode & S_IWOTH)
		return "may be written by everybody";
	return NULL;
}

/* A pipe that nobody writes to is not waited for. */
static bool open_found(struct options_file *file, struct arena *arena, const char **problem)
{
	int descriptor = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (descriptor < 0 || fstat(descriptor, &status) != 0) {
		*problem = arena_printf(arena, "cannot read '%s': %s", file->path, strerror(errno));
	} else if (distrust(&status) != NULL) {
		*problem =
			arena_printf(arena, "'%s' %s: --config=FILE names one that is to be used",
				     file->path, distrust(&status));
	} else {
		file->reader.stream = fdopen(descriptor, "r");
		if (file->reader.stream != NULL)
			return true;
		*problem = strerror(errno);
	}
	if (descriptor >= 0)
		close(descriptor);
	return false;
}

static bool open_named(struct options_file *file, struct arena *arena, const char **problem)
{
	file->reader.stream = fopen(file->path, "re");
	if (file->reader.stream != NULL)
		return true;
	*problem = arena_printf(arena, "cannot read '%s': %s", file->path, strerror(errno));
	return false;
}

bool options_file_open(struct options_file *file, struct arena *arena, const char *asked,
		       const char **problem)
{
	*file = (struct options_file){.path = asked, .was_found = asked == NULL};
	*problem = NULL;
	if (asked != NULL) {
		file->folder = folder_of(arena, asked);
		return open_named(file, arena, problem);
	}
	file->path = find_file(arena, &file->folder);
	return file->path != NULL && open_found(file, arena, problem);
}

/* Without its comment: # at the beginning of a word that is in no quotes. */
static void cut_comment(char *text)
{
	char quote = 0, before = ' ';

	for (; *text != '\0'; before = *text++) {
		if (*text == quote)
			quote = 0;
		else if (quote == 0 && (*text == '"' || *text == '\''))
			quote = *text;
		else if (quote == 0 && *text == '#' && (before == ' ' || before == '\t'))
			break;
	}
	*text = '\0';
}

/* Options keep pointers to the words: they become the arena's. */
static char **keep_words(struct arena *arena, char **words, int count)
{
	char **kept = arena_array(arena, (size_t)count + 1, sizeof(*kept));

	for (int i = 0; i < count; i++)
		kept[i] = arena_strdup(arena, words[i]);
	free(words);
	return kept;
}

static char **words_of_line(struct options_file *file, struct arena *arena, char *text, int *count)
{
	char **words;

	text[strcspn(text, "\r")] = '\0';
	cut_comment(text);
	/* argp takes the first word for the name of the program. */
	words = words_split(arena_printf(arena, "forkcheck %s", text), count);
	if (words != NULL)
		return keep_words(arena, words, *count);
	file->reader.problem = errno == EINVAL ? "a quote is not closed" : strerror(errno);
	return NULL;
}

char **options_file_next(struct options_file *file, struct arena *arena, int *count)
{
	struct line_reader *reader = &file->reader;
	char text[LINE_BYTES], **words = NULL;

	*count = 1;
	while (*count < 2 && line_reader_next(reader, text)) {
		words = words_of_line(file, arena, text, count);
		if (words == NULL)
			return NULL;
		if (reader->number > LINES_MAX)
			reader->problem = "too many lines";
	}
	if (reader->problem == NULL && ferror(reader->stream))
		reader->problem = "cannot be read";
	return *count < 2 || reader->problem != NULL ? NULL : words;
}

void options_file_close(struct options_file *file)
{
	if (file->reader.stream != NULL)
		fclose(file->reader.stream);
	file->reader.stream = NULL;
}
