/* A build-id is found in a copy of ELF notes, which anybody may have written. */
#include "base/build_id.h"
#include <elf.h>
#include <link.h>
#include <string.h>

size_t build_id_find(const unsigned char *notes, size_t length, unsigned char *build_id)
{
	size_t at = 0;
	ElfW(Nhdr) note;

	while (at + sizeof(note) <= length) {
		memcpy(&note, notes + at, sizeof(note));
		at += sizeof(note);
		if (note.n_namesz > length - at)
			return 0;
		size_t name = at;
		at += (note.n_namesz + 3u) & ~(size_t)3;
		if (at > length || note.n_descsz > length - at)
			return 0;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    memcmp(notes + name, "GNU", 4) == 0 && note.n_descsz <= BUILD_ID_MAX) {
			memcpy(build_id, notes + at, note.n_descsz);
			return note.n_descsz;
		}
		at += (note.n_descsz + 3u) & ~(size_t)3;
	}
	return 0;
}
