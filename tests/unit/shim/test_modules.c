/*
 * What the shim says of the loader's modules: build-ids out of notes that
 * anybody may have written, and this program's own list.
 */
#include "../support.h"
#include "base/build_id.h"
#include "base/process.h"
#include "base/real.h"
#include "cli/session/reader.h"
#include "cli/session/session.h"
#include "exported.h"
#include "log/log.h"
#include "state/modules.h"
#include <check.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

Suite *modules_suite(void);

/* As the kernel laid it out: setenv() moves it. */
static char **first_environment;

__attribute__((constructor)) static void note_environment(int count, char **arguments,
							  char **environment)
{
	(void)count;
	(void)arguments;
	first_environment = environment;
}

static unsigned char build_id[BUILD_ID_MAX];

/* --- notes ----------------------------------------------------------------- */

/* In memory of exactly this size, so that a sanitizer sees a step beyond. */
static size_t find_in(const void *notes, size_t length)
{
	unsigned char *copy = malloc(length);
	size_t found;

	if (length)
		memcpy(copy, notes, length);
	memset(build_id, 0, sizeof(build_id));
	found = build_id_find(copy, length, build_id);
	free(copy);
	return found;
}

struct note {
	ElfW(Nhdr) head;
	char name[4];
	unsigned char description[20];
};

static const struct note sound = {{4, 20, NT_GNU_BUILD_ID}, "GNU", {1,  2,  3,  4,  5,  6,  7,
								    8,  9,  10, 11, 12, 13, 14,
								    15, 16, 17, 18, 19, 20}};

START_TEST(finds_a_build_id)
{
	ck_assert_uint_eq(find_in(&sound, sizeof(sound)), 20);
	ck_assert_mem_eq(build_id, sound.description, 20);
}
END_TEST

START_TEST(finds_a_build_id_among_other_notes)
{
	struct {
		ElfW(Nhdr) head;
		char name[8];
		unsigned char description[8];
		struct note sound;
	} notes = {{5, 7, NT_GNU_BUILD_ID}, "GNUx", {0}, sound};

	/* The lengths are padded to four. */
	ck_assert_uint_eq(find_in(&notes, sizeof(notes)), 20);
	notes.head = (ElfW(Nhdr)){4, 12, NT_GNU_ABI_TAG};
	ck_assert_uint_eq(find_in(&notes, sizeof(notes)), 20);
	/* An empty one. */
	notes.head = (ElfW(Nhdr)){0, 16, NT_GNU_BUILD_ID};
	ck_assert_uint_eq(find_in(&notes, sizeof(notes)), 20);
}
END_TEST

START_TEST(finds_nothing_in_cut_notes)
{
	for (size_t length = 0; length < sizeof(sound); length++)
		ck_assert_uint_eq(find_in(&sound, length), 0);
}
END_TEST

START_TEST(finds_nothing_in_hostile_notes)
{
	static const ElfW(Nhdr) heads[] = {
		{UINT32_MAX, 20, NT_GNU_BUILD_ID},
		{UINT32_MAX - 3, 20, NT_GNU_BUILD_ID},
		{4, UINT32_MAX, NT_GNU_BUILD_ID},
		{4, UINT32_MAX - 3, NT_GNU_BUILD_ID},
		{4, 21, NT_GNU_BUILD_ID},
		{25, 0, NT_GNU_BUILD_ID},
		{24, 1, NT_GNU_BUILD_ID},
		{4, 0, NT_GNU_BUILD_ID},
		{4, 20, NT_GNU_ABI_TAG},
		{3, 20, NT_GNU_BUILD_ID},
		{UINT32_MAX, UINT32_MAX, UINT32_MAX},
	};
	struct note note = sound;

	note.head = heads[_i];
	ck_assert_uint_eq(find_in(&note, sizeof(note)), 0);
	note = sound;
	note.name[3] = 'x';
	ck_assert_uint_eq(find_in(&note, sizeof(note)), 0);
}
END_TEST

/* A build-id may be of any length; there is room for 64 bytes. */
START_TEST(takes_no_build_id_that_is_too_long)
{
	struct {
		struct note note;
		unsigned char more[100];
	} notes = {.note = sound};

	notes.note.head.n_descsz = BUILD_ID_MAX;
	ck_assert_uint_eq(find_in(&notes, sizeof(notes)), BUILD_ID_MAX);
	notes.note.head.n_descsz = BUILD_ID_MAX + 1;
	ck_assert_uint_eq(find_in(&notes, sizeof(notes)), 0);
}
END_TEST

START_TEST(survives_noise)
{
	uint64_t state = 7;
	struct note notes[4];

	for (int round = 0; round < 100000; round++) {
		size_t found;

		for (int i = 0; i < 4; i++)
			notes[i] = sound;
		for (int i = 0; i < 6; i++)
			((unsigned char *)notes)[support_random(&state) % sizeof(notes)] =
				(unsigned char)support_random(&state);
		found = find_in(notes, support_random(&state) % sizeof(notes));
		if (found > BUILD_ID_MAX)
			ck_abort_msg("a build-id of %zu bytes", found);
	}
}
END_TEST

/* --- this program's list ------------------------------------------------------- */

static const char *folder;
static struct session session;
static struct reader reader;
static struct record_buffer buffer;

static void setup(void)
{
	folder = support_folder();
	setenv(SESSION_DIRECTORY_VARIABLE, folder, 1);
	ck_assert_int_eq(session_create(&session), 0);
	ck_assert(log_open(session.path));
	ck_assert_ptr_null(reader_open(&reader, session.header, session.size));
	real_ensure();
	process.can_read = true;
	process.serial = process.image = 1;
	process.recorded = true;
	process.active = true;
	real_ensure();
	modules_start(first_environment);
}

static void teardown(void)
{
	free(buffer.record);
	reader_close(&reader);
	session_remove(&session);
	support_remove_folder(folder);
}

struct expected_module {
	const char *path;
	uint64_t bias;
	unsigned char build_id[BUILD_ID_MAX];
	size_t build_id_length;
	bool found;
};

/* What the loader says of a module, and what build_id_find() finds in its notes. */
static int describe(struct dl_phdr_info *info, size_t size, void *data)
{
	struct expected_module *expected = data;

	(void)size;
	if (info->dlpi_addr != expected->bias || strcmp(info->dlpi_name, expected->path) != 0)
		return 0;
	expected->found = true;
	for (int i = 0; i < info->dlpi_phnum && !expected->build_id_length; i++)
		if (info->dlpi_phdr[i].p_type == PT_NOTE)
			expected->build_id_length = build_id_find(
				(const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr),
				info->dlpi_phdr[i].p_memsz, expected->build_id);
	return 1;
}

static size_t check_records(void)
{
	size_t count = 0;

	for (; reader_next(&reader, &buffer); count++) {
		const struct record_module *record = (const void *)buffer.record;
		char *path = strndup(record->text, record->path_length);
		struct expected_module expected = {.path = path, .bias = record->bias};

		ck_assert_int_eq(buffer.type, RECORD_MODULE);
		dl_iterate_phdr(describe, &expected);
		ck_assert_msg(expected.found, "%s", path);
		ck_assert_uint_eq(record->build_id_length, expected.build_id_length);
		ck_assert_mem_eq(record->text + record->path_length, expected.build_id,
				 expected.build_id_length);
		free(path);
	}
	return count;
}

static int count_module(struct dl_phdr_info *info, size_t size, void *count)
{
	(void)size;
	/* The kernel's has no file. */
	if (info->dlpi_addr != getauxval(AT_SYSINFO_EHDR))
		++*(size_t *)count;
	return 0;
}

START_TEST(writes_each_module_once)
{
	size_t expected = 0;

	dl_iterate_phdr(count_module, &expected);
	ck_assert(modules_are_stale());
	modules_record();
	ck_assert(!modules_are_stale());
	ck_assert_uint_eq(check_records(), expected);
	modules_record();
	modules_note_change();
	modules_record();
	ck_assert_uint_eq(check_records(), 0);
}
END_TEST

START_TEST(knows_code_from_data)
{
	modules_record();
	ck_assert(modules_may_be_code((uintptr_t)modules_sync));
	ck_assert(modules_may_be_code((uintptr_t)dlsym(RTLD_DEFAULT, "qsort")));
	ck_assert(!modules_may_be_code(0));
	ck_assert(!modules_may_be_code(1));
	ck_assert(!modules_may_be_code(UINT64_MAX));
}
END_TEST

START_TEST(notices_what_is_loaded_later)
{
	void *handle;

	modules_record();
	check_records();
	handle = shim_dlopen("libresolv.so.2", RTLD_NOW | RTLD_LOCAL);
	/* Where the program has it already nothing is to be seen. */
	if (!handle || !modules_are_stale())
		return;
	modules_record();
	ck_assert_uint_ge(check_records(), 1);
	ck_assert_int_eq(shim_dlclose(handle), 0);
}
END_TEST

Suite *modules_suite(void)
{
	Suite *suite = suite_create("modules");
	TCase *notes = tcase_create("notes"), *list = tcase_create("list");

	tcase_set_timeout(notes, 20);
	tcase_add_test(notes, finds_a_build_id);
	tcase_add_test(notes, finds_a_build_id_among_other_notes);
	tcase_add_test(notes, finds_nothing_in_cut_notes);
	tcase_add_loop_test(notes, finds_nothing_in_hostile_notes, 0, 11);
	tcase_add_test(notes, takes_no_build_id_that_is_too_long);
	tcase_add_test(notes, survives_noise);
	suite_add_tcase(suite, notes);

	tcase_add_checked_fixture(list, setup, teardown);
	tcase_add_test(list, writes_each_module_once);
	tcase_add_test(list, knows_code_from_data);
	tcase_add_test(list, notices_what_is_loaded_later);
	suite_add_tcase(suite, list);
	return suite;
}
