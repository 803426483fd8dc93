/*
 * Files stay open here for the processes that come later: to read the symbols of a large library
 * takes longer than all else, and a session may have hundreds of processes that mapped it.
 */
#include "image.h"
#include "unwind.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A file that was written over while it is open is another one, too. */
static bool image_has_identity(const struct image *image, const struct elf_identity *identity)
{
	struct elf_identity now;

	return elf_identity_equal(&image->file.identity, identity) &&
	       elf_identity_of(image->file.descriptor, &now) == 0 &&
	       elf_identity_equal(&now, identity);
}

static void image_close(struct image *image)
{
	image_forget_debug(image);
	cfi_release(&image->cfi);
	elf_file_close(&image->file);
	free(image->path);
	free(image);
}

bool images_close_unused(struct images *images)
{
	struct image **link = &images->first, *image;
	bool any = false;

	while ((image = *link) != NULL) {
		if (image->users > 0) {
			link = &image->next;
			continue;
		}
		*link = image->next;
		image_close(image);
		any = true;
	}
	return any;
}

void images_close(struct images *images)
{
	for (struct image *image = images->first, *next; image != NULL; image = next) {
		next = image->next;
		image_close(image);
	}
	images->first = NULL;
}

struct images *images_new(void)
{
	return calloc(1, sizeof(struct images));
}

void images_free(struct images *images)
{
	if (images == NULL)
		return;
	images_close(images);
	free(images);
}

static struct image *find_image(const struct images *images, const char *path,
				const struct elf_identity *identity)
{
	struct image *image = images->first;

	while (image != NULL &&
	       (strcmp(image->path, path) != 0 || !image_has_identity(image, identity)))
		image = image->next;
	return image;
}

static struct image *open_image(struct images *images, const char *path)
{
	struct image *image = calloc(1, sizeof(*image));

	if (image == NULL)
		return NULL;
	image->path = strdup(path);
	if (image->path == NULL || elf_file_open(&image->file, path) != 0) {
		free(image->path);
		free(image);
		return NULL;
	}
	cfi_init(&image->cfi, &image->file);
	image->next = images->first;
	images->first = image;
	return image;
}

struct image *image_use(struct images *images, const char *path,
			const struct elf_identity *identity)
{
	struct image *image = find_image(images, path, identity);

	if (image == NULL)
		image = open_image(images, path);
	if (image == NULL && images_close_unused(images))
		image = open_image(images, path);
	if (image == NULL || !elf_identity_equal(&image->file.identity, identity))
		return NULL;
	image->users++;
	return image;
}

void image_leave(struct image *image)
{
	if (image != NULL)
		image->users--;
}
