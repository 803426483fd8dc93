/*
 * libdw gets a module from here: the file that is open already, and its separate debug file.
 * Looks on this machine only: libdw's standard search would ask the servers of
 * $DEBUGINFOD_URLS, and a hang would be reported a download later.
 */
#include "image.h"
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEBUG_DIRECTORY "/usr/lib/debug"

/* Hands out the open libelf descriptor: with it libdw reads and does not map. */
static int find_elf(Dwfl_Module *dwfl_module, void **userdata, const char *name, Dwarf_Addr start,
		    char **file_name, Elf **elf)
{
	const struct image *image = *userdata;

	(void)dwfl_module, (void)name, (void)start;
	*elf = elf_begin(image->file.descriptor, ELF_C_READ, image->file.elf);
	*file_name = strdup(image->path);
	return -1;
}

/* The checksum of .gnu_debuglink: CRC-32, as in zlib and Ethernet. */
static uint32_t checksum(uint32_t sum, const uint8_t *bytes, size_t size)
{
	static uint32_t table[256];

	for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
	}
	sum = ~sum;
	for (size_t i = 0; i < size; i++)
		sum = sum >> 8 ^ table[(sum ^ bytes[i]) & 0xff];
	return ~sum;
}

static bool copy_with_checksum(int from, int to, uint32_t *sum)
{
	static uint8_t buffer[1 << 16];
	ssize_t length;

	*sum = 0;
	while ((length = read(from, buffer, sizeof(buffer))) > 0) {
		*sum = checksum(*sum, buffer, (size_t)length);
		if (write(to, buffer, (size_t)length) != length)
			return false;
	}
	return length == 0;
}

/*
 * A copy of a debug file in memory. libdw maps debug files, and one that lies
 * beside its program may be truncated under us by the next build.
 */
static int open_snapshot(const char *path, uint32_t expected_sum)
{
	struct stat status;
	uint32_t sum;
	int snapshot = -1;
	int source = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (source < 0)
		return -1;
	if (fstat(source, &status) == 0 && S_ISREG(status.st_mode))
		snapshot = memfd_create("forkcheck-debug", MFD_CLOEXEC);
	if (snapshot >= 0 && (!copy_with_checksum(source, snapshot, &sum) || sum != expected_sum)) {
		close(snapshot);
		snapshot = -1;
	}
	close(source);
	return snapshot;
}

/* Where a .gnu_debuglink may lead, in the order that debuggers look. */
static int open_debuglink(const char *module_path, const char *link, uint32_t sum, char **found)
{
	static const char *const patterns[] = {"%.*s%s", "%.*s.debug/%s", DEBUG_DIRECTORY "%.*s%s"};
	const char *slash = strrchr(module_path, '/');
	int length = slash != NULL ? (int)(slash + 1 - module_path) : 0;

	if (strchr(link, '/') != NULL)
		return -1;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		char path[PATH_MAX];
		int size = snprintf(path, sizeof(path), patterns[i], length, module_path, link);
		if (size < 0 || (size_t)size >= sizeof(path))
			continue;
		int descriptor = open_snapshot(path, sum);
		if (descriptor >= 0) {
			*found = strdup(path);
			return descriptor;
		}
	}
	return -1;
}

static int find_debuginfo(Dwfl_Module *dwfl_module, void **userdata, const char *name,
			  Dwarf_Addr start, const char *file_name, const char *link, GElf_Word sum,
			  char **found)
{
	const struct image *image = *userdata;
	int descriptor = dwfl_build_id_find_debuginfo(dwfl_module, userdata, name, start, file_name,
						      link, sum, found);

	/* Without a checksum it is the common part of several debug files (dwz)
	 * that is looked for; only its build-id can tell that it is the right one. */
	if (descriptor >= 0 || link == NULL || sum == 0)
		return descriptor;
	return open_debuglink(image->path, link, sum, found);
}

static char *debug_path = (char[]){DEBUG_DIRECTORY};
static const Dwfl_Callbacks callbacks = {
	.find_elf = find_elf,
	.find_debuginfo = find_debuginfo,
	.debuginfo_path = &debug_path,
};

/* libdw derives the bias from the first segment, aligned; so must we. */
static uint64_t first_address(const struct image *image)
{
	const struct elf_segment *first = &image->file.segments[0];

	return first->address & -first->alignment;
}

static bool ends_in_nul(Elf_Scn *section)
{
	const Elf_Data *data = elf_getdata(section, NULL);

	return data != NULL &&
	       (data->d_size == 0 || ((const char *)data->d_buf)[data->d_size - 1] == '\0');
}

/*
 * libdw 0.188 does not look whether names of symbols end within their table. Where it
 * finds no section with symbols, it takes a table of the dynamic segment, of any length.
 */
static bool names_end(Elf *elf)
{
	Elf_Scn *section = NULL;
	bool has_symbols = false;

	while ((section = elf_nextscn(elf, section)) != NULL) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) == NULL ||
		    (header.sh_type == SHT_STRTAB && !ends_in_nul(section)))
			return false;
		has_symbols |= (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) &&
			       header.sh_entsize != 0;
	}
	return has_symbols;
}

/* One Dwfl for each file: they may overlap. */
static Dwfl_Module *report_image(Dwfl *dwfl, struct image *image)
{
	Dwfl_Module *dwfl_module;
	void **userdata;

	dwfl_report_begin(dwfl);
	dwfl_module = dwfl_report_module(dwfl, image->path, first_address(image), image->file.end);
	dwfl_report_end(dwfl, NULL, NULL);
	if (dwfl_module != NULL) {
		dwfl_module_info(dwfl_module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
		*userdata = image;
	}
	return dwfl_module;
}

Dwfl_Module *image_debug(struct image *image)
{
	if (image->has_debug)
		return image->dwfl_module;
	image->has_debug = true;
	if (names_end(image->file.elf))
		image->dwfl = dwfl_begin(&callbacks);
	if (image->dwfl != NULL)
		image->dwfl_module = report_image(image->dwfl, image);
	return image->dwfl_module;
}

const struct symbol_index *image_symbols(struct image *image)
{
	if (image->symbols == NULL && image_debug(image) != NULL)
		image->symbols = symbol_index_new(image->dwfl_module);
	return image->symbols;
}

void image_forget_debug(struct image *image)
{
	symbol_index_free(image->symbols);
	image->symbols = NULL;
	dwfl_end(image->dwfl);
	image->dwfl = NULL;
	image->dwfl_module = NULL;
	image->has_debug = false;
}
