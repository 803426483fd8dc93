/*
 * A program file is examined by its first bytes, its owner and its capabilities. That makes
 * system calls by number alone: libc's open() and pread() are cancellation points, exec is
 * not.
 */
#include "target.h"
#include "arch/arch.h"
#include "raw.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <unistd.h>

/* A program's headers and the name of its interpreter usually lie in here. */
#define HEAD_SIZE 1024
/* The kernel follows so many scripts that are each other's interpreter. */
#define SCRIPTS_MAX 5
/* A program has a dozen; what comes behind these is not looked at. */
#define PROGRAM_HEADERS_MAX 64
#define INTERPRETER_MAX     256
/* The libraries that a program needs stand first in its dynamic section. */
#define DYNAMIC_ENTRIES_MAX 64

#define ST_NOSUID_FLAG 2 /* of statfs.f_flags */

struct file {
	int descriptor;
	size_t length; /* of `head` */
	_Alignas(8) unsigned char head[HEAD_SIZE];
};

static bool target_read_at(const struct file *file, uint64_t offset, void *to, size_t length)
{
	if (offset <= file->length && length <= file->length - offset) {
		memcpy(to, file->head + offset, length);
		return true;
	}
	return offset <= INT64_MAX &&
	       raw_syscall(SYS_pread64, file->descriptor, to, length, offset) == (long)length;
}

static bool is_elf(const struct file *file)
{
	return file->length >= sizeof(Elf64_Ehdr) && memcmp(file->head, ELFMAG, SELFMAG) == 0;
}

static bool find_header(const struct file *file, const Elf64_Ehdr *head, Elf64_Word type,
			Elf64_Phdr *found)
{
	for (unsigned i = 0; i < head->e_phnum && i < PROGRAM_HEADERS_MAX; i++)
		if (!target_read_at(file, head->e_phoff + i * sizeof(*found), found,
				    sizeof(*found)))
			return false;
		else if (found->p_type == type)
			return true;
	return false;
}

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static const char *file_name(const char *path)
{
	const char *name = path;

	for (; *path; path++)
		if (*path == '/')
			name = path + 1;
	return name;
}

/* glibc's loader, wherever it lies, in another version: before 2.34 also ld-2.31.so. */
static bool is_glibc_loader(const char *path)
{
	const char *name = file_name(path);

	return has_prefix(name, ARCH_LOADER) || has_prefix(name, "ld-2.");
}

static enum unobserved_reason examine_interpreter(const struct file *file, const Elf64_Phdr *header)
{
	char name[INTERPRETER_MAX];

	if (header->p_filesz >= sizeof(name) || !header->p_filesz ||
	    !target_read_at(file, header->p_offset, name, header->p_filesz))
		return UNOBSERVED_FOREIGN_LIBC;
	name[header->p_filesz] = '\0';
	return is_glibc_loader(name) ? OBSERVABLE : UNOBSERVED_FOREIGN_LIBC;
}

/* Without an interpreter the kernel starts it alone. The loader itself is such a
 * file too, and loads what LD_PRELOAD says: what stands behind it is not known. */
static enum unobserved_reason examine_elf(const struct file *file, const char *path)
{
	Elf64_Ehdr head;
	Elf64_Phdr interpreter;

	memcpy(&head, file->head, sizeof(head));
	if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_machine != ARCH_ELF_MACHINE ||
	    head.e_phentsize != sizeof(interpreter))
		return UNOBSERVED_MACHINE;
	if (find_header(file, &head, PT_INTERP, &interpreter))
		return examine_interpreter(file, &interpreter);
	return is_glibc_loader(path) ? OBSERVABLE : UNOBSERVED_STATIC;
}

/* Where a file has what is mapped at an address; 0: nowhere. */
static uint64_t offset_of(const struct file *file, const Elf64_Ehdr *head, uint64_t address)
{
	Elf64_Phdr header;

	for (unsigned i = 0; i < head->e_phnum && i < PROGRAM_HEADERS_MAX; i++)
		if (target_read_at(file, head->e_phoff + i * sizeof(header), &header,
				   sizeof(header)) &&
		    header.p_type == PT_LOAD && address >= header.p_vaddr &&
		    address - header.p_vaddr < header.p_filesz)
			return address - header.p_vaddr + header.p_offset;
	return 0;
}

/* Name of the first library that the program needs; "" where there is none. */
static void read_first_needed(const struct file *file, const Elf64_Ehdr *head, char *name)
{
	Elf64_Dyn entries[DYNAMIC_ENTRIES_MAX];
	Elf64_Phdr header;
	uint64_t strings = 0, needed = 0;
	size_t count;

	*name = '\0';
	if (!find_header(file, head, PT_DYNAMIC, &header))
		return;
	count = header.p_filesz / sizeof(*entries);
	if (count > DYNAMIC_ENTRIES_MAX)
		count = DYNAMIC_ENTRIES_MAX;
	if (!target_read_at(file, header.p_offset, entries, count * sizeof(*entries)))
		return;
	for (size_t i = count; i > 0; i--)
		if (entries[i - 1].d_tag == DT_NEEDED)
			needed = entries[i - 1].d_un.d_val;
		else if (entries[i - 1].d_tag == DT_STRTAB)
			strings = offset_of(file, head, entries[i - 1].d_un.d_ptr);
	if (!strings || !needed || !target_read_at(file, strings + needed, name, TARGET_NAME_MAX))
		return;
	name[TARGET_NAME_MAX - 1] = '\0';
}

/*
 * AddressSanitizer's runtime ends the program unless it comes before all other libraries,
 * preloaded ones too. It knows itself by these names (asan_linux.cpp, IsDynamicRTName).
 */
static bool must_be_first(const char *library)
{
	return has_prefix(library, "libasan.so") || has_prefix(library, "libclang_rt.asan");
}

static void target_find_first(struct target *target, const struct file *file)
{
	Elf64_Ehdr head;

	memcpy(&head, file->head, sizeof(head));
	read_first_needed(file, &head, target->first);
	/* The loader would split the list at these. */
	if (!must_be_first(target->first) || strchr(target->first, ':') ||
	    strchr(target->first, ' '))
		target->first[0] = '\0';
}

/* A process that is privileged already stays so: its effective ids differ. */
static bool ids_differ(void)
{
	return raw_syscall(SYS_getuid) != raw_syscall(SYS_geteuid) ||
	       raw_syscall(SYS_getgid) != raw_syscall(SYS_getegid);
}

static bool gains_privileges(const struct file *file)
{
	struct statfs system;

	if (raw_syscall(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return false;
	return raw_syscall(SYS_fstatfs, file->descriptor, &system) != 0 ||
	       !(system.f_flags & ST_NOSUID_FLAG);
}

static bool changes_id(const struct stat *status)
{
	return ((status->st_mode & S_ISUID) && status->st_uid != (uid_t)raw_syscall(SYS_getuid)) ||
	       ((status->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
		status->st_gid != (gid_t)raw_syscall(SYS_getgid));
}

/* Root's programs get all capabilities anyway: they make no difference to them. */
static bool has_capabilities(const struct file *file)
{
	return raw_syscall(SYS_getuid) != 0 &&
	       raw_syscall(SYS_fgetxattr, file->descriptor, "security.capability", NULL, 0) > 0;
}

/* When the kernel sets AT_SECURE, for which the loader forgets LD_PRELOAD. */
static enum unobserved_reason examine_privileges(const struct file *file)
{
	struct stat status;

	if (raw_fstat(file->descriptor, &status) != 0)
		return OBSERVABLE;
	if (changes_id(&status) && gains_privileges(file))
		return UNOBSERVED_SET_ID;
	if (has_capabilities(file) && gains_privileges(file))
		return UNOBSERVED_CAPABILITIES;
	return ids_differ() ? UNOBSERVED_SET_ID : OBSERVABLE;
}

/* What is known before a file was looked at. */
static void target_clear(struct target *target)
{
	target->reason = OBSERVABLE;
	target->path_length = 0;
	target->first[0] = '\0';
}

static void note_path(struct target *target, const char *path)
{
	size_t length = strlen(path);

	target->path_length = length < TARGET_PATH_MAX ? length : TARGET_PATH_MAX;
	memcpy(target->path, path, target->path_length);
}

/* "/proc/self/fd/" and a number. */
static void descriptor_path(char *path, int descriptor)
{
	char digits[12];
	size_t count = 0;

	do
		digits[count++] = (char)('0' + descriptor % 10);
	while ((descriptor /= 10) > 0);
	memcpy(path, "/proc/self/fd/", 14);
	for (path += 14; count;)
		*path++ = digits[--count];
	*path = '\0';
}

/* A report that is read elsewhere needs the whole path. */
static void note_full_path(struct target *target, const struct file *file, const char *path)
{
	char link[32];
	long length;

	descriptor_path(link, file->descriptor);
	length = raw_readlink(link, target->path, TARGET_PATH_MAX);
	target->path_length = length > 0 ? (size_t)length : 0;
	if (length <= 0)
		note_path(target, path);
}

static bool open_file(struct file *file, int directory, const char *path)
{
	long length;

	/* What is no regular file is not executed: opening it must neither wait nor act. */
	file->descriptor = (int)raw_syscall(SYS_openat, directory, path,
					    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
	if (file->descriptor < 0)
		return false;
	length = raw_syscall(SYS_pread64, file->descriptor, file->head, sizeof(file->head), 0);
	file->length = length > 0 ? (size_t)length : 0;
	return true;
}

/* The interpreter that a script names. False where it is no script. */
static bool read_script(const struct file *file, char *interpreter)
{
	size_t at = 2, used = 0;

	if (file->length < 2 || memcmp(file->head, "#!", 2) != 0)
		return false;
	while (at < file->length && (file->head[at] == ' ' || file->head[at] == '\t'))
		at++;
	for (;
	     at < file->length && used < INTERPRETER_MAX - 1 && !memchr(" \t\n", file->head[at], 4);
	     at++)
		interpreter[used++] = (char)file->head[at];
	interpreter[used] = '\0';
	return used > 0;
}

static void target_examine_program(struct target *target, const struct file *file, const char *path)
{
	target->reason = examine_elf(file, path);
	if (target->reason == OBSERVABLE)
		target->reason = examine_privileges(file);
	if (target->reason == OBSERVABLE)
		target->reason = target->beforehand;
	if (target->reason != OBSERVABLE)
		note_full_path(target, file, path);
	else
		target_find_first(target, file);
}

/* Fills in what is known of one file. `interpreter`: of a script, else "". */
static bool examine_file(struct target *target, int directory, const char *path, char *interpreter)
{
	struct file file;

	if (!open_file(&file, directory, path))
		return false;
	if (is_elf(&file))
		target_examine_program(target, &file, path);
	if (!read_script(&file, interpreter))
		*interpreter = '\0';
	raw_close(file.descriptor);
	return true;
}

bool target_examine(struct target *target, int directory, const char *path)
{
	char interpreter[INTERPRETER_MAX];

	target_clear(target);
	if (!examine_file(target, directory, path, interpreter))
		return false;
	for (int i = 1; i < SCRIPTS_MAX && *interpreter; i++) {
		char script_interpreter[INTERPRETER_MAX];

		memcpy(script_interpreter, interpreter, sizeof(interpreter));
		if (!examine_file(target, directory, script_interpreter, interpreter))
			break;
	}
	return true;
}

void target_examine_descriptor(struct target *target, int descriptor)
{
	char path[32];

	descriptor_path(path, descriptor < 0 ? 0 : descriptor);
	target_examine(target, AT_FDCWD, path);
}

/* One folder of the list and the name. False where that is too long. */
static bool join(char *to, const char *folder, size_t length, const char *name)
{
	size_t name_length = strlen(name);

	if (length + name_length + 2 > PATH_MAX)
		return false;
	memcpy(to, folder, length);
	if (length)
		to[length++] = '/';
	memcpy(to + length, name, name_length + 1);
	return true;
}

void target_examine_search(struct target *target, const char *name, const char *search)
{
	char path[PATH_MAX];

	target_clear(target);
	if (strchr(name, '/')) {
		target_examine(target, AT_FDCWD, name);
		return;
	}
	for (;;) {
		const char *end = strchr(search, ':');
		size_t length = end ? (size_t)(end - search) : strlen(search);

		if (join(path, search, length, name) && raw_access(path, X_OK) == 0) {
			target_examine(target, AT_FDCWD, path);
			return;
		}
		if (!end)
			return;
		search = end + 1;
	}
}

bool target_refuses_preload(enum unobserved_reason reason)
{
	return reason == UNOBSERVED_MACHINE || reason == UNOBSERVED_FOREIGN_LIBC ||
	       reason == UNOBSERVED_NO_SHIM;
}

bool target_can_read(const char *path)
{
	int descriptor = (int)raw_syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);

	if (descriptor >= 0)
		raw_close(descriptor);
	/* No descriptor free, or none in the system: that says nothing of the file. */
	return descriptor >= 0 || descriptor == -EMFILE || descriptor == -ENFILE ||
	       descriptor == -EINTR;
}

bool target_is_own(const char *path)
{
	struct stat status;

	return raw_stat(path, &status) == 0 && status.st_uid == (uid_t)raw_syscall(SYS_geteuid);
}
