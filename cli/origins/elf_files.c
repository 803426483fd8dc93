/*
 * ELF files that are a language's runtime go by their names, which the languages have given
 * them; those of a distribution's packages by the directories of the file hierarchy standard.
 */
#include "base/library_names.h"
#include "debian.h"
#include "path_parts.h"
#include <string.h>
#include <unistd.h>

static const char *const runtime_families[] = {
	/* C and C++, with what compilers link in to watch a program */
	"libm",
	"libm-2.*",
	"libmvec",
	"libdl",
	"libdl-2.*",
	"librt",
	"librt-2.*",
	"libutil",
	"libutil-2.*",
	"libanl",
	"libnss_*",
	"ld-musl-*",
	"libc.musl-*",
	"linux-vdso",
	"libgcc_s",
	"libstdc++",
	"libc++",
	"libc++abi",
	"libasan",
	"libhwasan",
	"liblsan",
	"libtsan",
	"libubsan",
	"libclang_rt.*",
	"libforkcheck",
	/* Rust's std as a library of its own, and Go's */
	"libstd",
	"librustc_driver",
	/* interpreters, as programs and as libraries */
	"python",
	"python[23]",
	"python[23].*",
	"libpython[23]*",
	"pypy*",
	"libpypy*",
	"perl",
	"perl5.*",
	"libperl",
	"ruby",
	"ruby[1-9]*",
	"libruby*",
	"libR",
	"node",
	"nodejs",
	"libnode",
	"lua",
	"lua5.*",
	"luajit*",
	"liblua*",
	"php",
	"php[5-9]",
	"php[5-9].*",
	"libphp*",
	"tclsh[89]*",
	"libtcl[8-9]*",
	"guile",
	"guile-[2-9]*",
	"libguile*",
	"beam.smp",
	"julia",
	"libjulia*",
	"java",
	"libjvm",
	"libjli",
	"libcoreclr",
	"libmono*",
};

/* The libraries of a JDK lie in the directory above that of its libjvm.so. */
static bool is_beside_jvm(const struct origin_question *question)
{
	const char *name = library_file_name(question->path);

	if (question->path[0] != '/')
		return false;
	const char *jvm = arena_printf(question->arena, "%.*sserver/libjvm.so",
				       (int)(name - question->path), question->path);

	return access(jvm, F_OK) == 0;
}

/* Debian's R is a program of its own; its packages lie elsewhere. */
static bool is_r_program(const char *path)
{
	return text_ends(path, "/lib/R/bin/exec/R");
}

/* Modules in C of the standard library. */
static bool is_python_library(const char *path)
{
	return strstr(path, "/lib-dynload/") != NULL;
}

bool runtime_file_origin(const struct origin_question *question, struct origin *origin)
{
	const char *path = question->path;

	if (!library_is_of_libc(path) && !LIBRARY_IS_AMONG(path, runtime_families) &&
	    !is_r_program(path) && !is_python_library(path) && !is_beside_jvm(question))
		return false;
	*origin = (struct origin){.kind = ORIGIN_RUNTIME};
	return true;
}

static bool is_library(const char *path)
{
	const char *name = library_file_name(path);

	return strstr(name, ".so.") || text_ends(name, ".so") || strstr(name, ".so ");
}

/* What is not a library is a program that somebody started. */
bool system_file_origin(const struct origin_question *question, struct origin *origin)
{
	static const char *const places[] = {"/usr/lib", "/lib", "/usr/local/lib"};

	if (!is_library(question->path))
		return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const char *after = question->path + strlen(places[i]);

		if (!text_begins(question->path, places[i]) ||
		    after[strspn(after, "0123456789x")] != '/')
			continue;
		*origin = (struct origin){.kind = ORIGIN_PACKAGE};
		debian_package(question, origin);
		return true;
	}
	return false;
}
