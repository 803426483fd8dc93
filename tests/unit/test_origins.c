/*
 * Whose source a frame is in, ecosystem by ecosystem: by paths as their tools lay them out, and
 * by names as their compilers give them.
 */
#include "cli/origins/origin.h"
#include "cli/origins/path_parts.h"
#include "cli/origins/rust_names.h"
#include "support.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

Suite *origins_suite(void);

static struct arena arena;
static struct origins origins;

static void setup(void)
{
	arena_init(&arena);
	origins = (struct origins){0};
}

static void teardown(void)
{
	arena_release(&arena);
}

static void expect_text(const char *got, const char *wanted)
{
	ck_assert_pstr_eq(got, wanted);
}

static void expect(const struct origin *origin, enum origin_kind kind, const char *package,
		   const char *version, const char *path)
{
	ck_assert_int_eq(origin->kind, kind);
	expect_text(origin->package, package);
	expect_text(origin->version, version);
	expect_text(origin->path, path);
}

static const struct source {
	const char *file;
	enum origin_kind kind;
	const char *package, *path;
} sources[] = {
	{"/usr/lib/python3.11/threading.py", ORIGIN_RUNTIME, NULL, "threading.py"},
	{"/opt/conda/lib/python3.10/concurrent/futures/thread.py", ORIGIN_RUNTIME, NULL,
	 "concurrent/futures/thread.py"},
	{"/home/dev/.pyenv/versions/3.13.1/lib/python3.13/importlib/__init__.py", ORIGIN_RUNTIME,
	 NULL, "importlib/__init__.py"},
	{"/usr/lib64/python3.9/multiprocessing/pool.py", ORIGIN_RUNTIME, NULL,
	 "multiprocessing/pool.py"},
	{"/usr/lib/pypy3.9/queue.py", ORIGIN_RUNTIME, NULL, "queue.py"},
	{"/usr/lib/python312.zip/queue.py", ORIGIN_RUNTIME, NULL, "queue.py"},
	{"<frozen importlib._bootstrap>", ORIGIN_RUNTIME, NULL, NULL},
	{"<frozen runpy>", ORIGIN_RUNTIME, NULL, NULL},
	{"<string>", ORIGIN_OWN, NULL, NULL},
	{"<stdin>", ORIGIN_OWN, NULL, NULL},
	{"/nowhere/v/lib/python3.12/site-packages/polars/lazyframe/frame.py", ORIGIN_PACKAGE,
	 "polars", "polars/lazyframe/frame.py"},
	{"/nowhere/python3/dist-packages/six.py", ORIGIN_PACKAGE, "six", "six.py"},
	{"/srv/app/main.py", ORIGIN_OWN, NULL, NULL},
	{"/srv/app/lib/python/queue.py", ORIGIN_OWN, NULL, NULL},
	{"/srv/app/lib/python3tools/queue.py", ORIGIN_OWN, NULL, NULL},
	{"/srv/python.zip/queue.py", ORIGIN_OWN, NULL, NULL},
	{"queue.py", ORIGIN_OWN, NULL, NULL},
	{"", ORIGIN_OWN, NULL, NULL},
};

START_TEST(tells_python_sources_apart)
{
	const struct source *source = &sources[_i];
	struct frame frame = {.file = source->file};

	expect(origin_of(&origins, &arena, &frame, NULL), source->kind, source->package, NULL,
	       source->path);
}
END_TEST

static const struct file {
	const char *path;
	enum origin_kind kind;
	const char *package;
} files[] = {
	{"/lib/x86_64-linux-gnu/libc.so.6", ORIGIN_RUNTIME, NULL},
	{"/lib/x86_64-linux-gnu/libm.so.6", ORIGIN_RUNTIME, NULL},
	{"/lib64/ld-linux-x86-64.so.2", ORIGIN_RUNTIME, NULL},
	{"/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30", ORIGIN_RUNTIME, NULL},
	{"/v/x.libs/libstdc++-0abc1234.so.6", ORIGIN_RUNTIME, NULL},
	{"/usr/bin/python3.11", ORIGIN_RUNTIME, NULL},
	{"/opt/py/lib/libpython3.12.so.1.0", ORIGIN_RUNTIME, NULL},
	{"/usr/lib/python3.11/lib-dynload/_queue.cpython-311-x86_64-linux-gnu.so", ORIGIN_RUNTIME,
	 NULL},
	{"/usr/bin/perl", ORIGIN_RUNTIME, NULL},
	{"/usr/lib/x86_64-linux-gnu/libruby-3.1.so.3.1", ORIGIN_RUNTIME, NULL},
	{"/usr/lib/R/bin/exec/R", ORIGIN_RUNTIME, NULL},
	{"/usr/bin/node", ORIGIN_RUNTIME, NULL},
	{"/opt/jdk/lib/server/libjvm.so", ORIGIN_RUNTIME, NULL},
	{"/usr/bin/postgres", ORIGIN_OWN, NULL},
	{"/usr/lib/postgresql/15/bin/postgres", ORIGIN_OWN, NULL},
	{"/srv/app/python3-worker", ORIGIN_OWN, NULL},
	{"/srv/app/libjni.so", ORIGIN_OWN, NULL},
	{"/libapp.so", ORIGIN_OWN, NULL},
	{"relative/libapp.so", ORIGIN_OWN, NULL},
	{"/usr/lib/nowhere/libgomp.so.1", ORIGIN_PACKAGE, NULL},
	{"/usr/lib64/nowhere/libz.so.1.2.13", ORIGIN_PACKAGE, NULL},
	{"/usr/local/lib/nowhere/libx.so (deleted)", ORIGIN_PACKAGE, NULL},
	{"/nowhere/node_modules/sharp/build/Release/sharp.node", ORIGIN_PACKAGE, "sharp"},
	{"/a/node_modules/b/node_modules/@img/sharp-linux-x64/lib/s.node", ORIGIN_PACKAGE,
	 "@img/sharp-linux-x64"},
	{"/nowhere/node_modules/alone.node", ORIGIN_OWN, NULL},
	{"/nowhere/gems/-1/x.so", ORIGIN_OWN, NULL},
	{"/nowhere/gems/json/x.so", ORIGIN_OWN, NULL},
	{"/nix/store/short-a-1/lib/x.so", ORIGIN_OWN, NULL},
	{"/srv/library/mine/libs/mine.so", ORIGIN_OWN, NULL},
	{"/srv/app/lib/libmine.so", ORIGIN_OWN, NULL},
	{"/nowhere/site-packages/polars/polars.abi3.so", ORIGIN_PACKAGE, "polars"},
};

START_TEST(tells_files_apart)
{
	expect(origin_of_file(&origins, &arena, files[_i].path), files[_i].kind, files[_i].package,
	       NULL, NULL);
}
END_TEST

#define PROGRAM  "/srv/bin/log-server"
#define REGISTRY "/home/u/.cargo/registry/src/index.example-1949cf8c6b5b557f/"
#define WHEEL    "/nowhere/site-packages/polars/polars.abi3.so"

static const struct native {
	struct frame frame;
	enum origin_kind kind;
	const char *package, *version, *path;
} natives[] = {
	/* C and C++ */
	{{.function = "main", .file = "/srv/main.c", .module = PROGRAM},
	 ORIGIN_OWN,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "main", .module = PROGRAM}, ORIGIN_OWN, NULL, NULL, NULL},
	{{.function = "core::queue::pop", .module = PROGRAM}, ORIGIN_OWN, NULL, NULL, NULL},
	{{.function = "_start", .module = PROGRAM}, ORIGIN_RUNTIME, NULL, NULL, NULL},
	{{.function = "std::thread::thread",
	  .file = "/usr/include/c++/12/bits/std_thread.h",
	  .module = PROGRAM},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "__gthread_mutex_lock",
	  .file = "/usr/include/x86_64-linux-gnu/c++/12/bits/gthr-default.h",
	  .module = PROGRAM},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "memcpy",
	  .file = "/usr/include/x86_64-linux-gnu/bits/string_fortified.h",
	  .module = PROGRAM},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "boost::asio::run",
	  .file = "/usr/include/boost/asio/impl/io_context.ipp",
	  .module = PROGRAM},
	 ORIGIN_PACKAGE,
	 "boost",
	 NULL,
	 "boost/asio/impl/io_context.ipp"},
	/* Rust with debug information */
	{{.function = "std::rt::lang_start",
	  .file = "/rustc/59807616e1fa/library/std/src/rt.rs",
	  .module = PROGRAM,
	  .is_rust = true},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 "std/src/rt.rs"},
	{{.function = "hashbrown::f",
	  .file = "/rust/deps/hashbrown-0.15.2/src/raw.rs",
	  .module = PROGRAM,
	  .is_rust = true},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "std::f",
	  .file = "library/std/src/panic.rs",
	  .module = PROGRAM,
	  .is_rust = true},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 "std/src/panic.rs"},
	{{.function = "rayon_core::f",
	  .file = REGISTRY "rayon-core-1.13.0/src/latch.rs",
	  .module = PROGRAM,
	  .is_rust = true},
	 ORIGIN_PACKAGE,
	 "rayon-core",
	 "1.13.0",
	 "rayon-core/src/latch.rs"},
	{{.function = "x",
	  .file = "/r/registry/src/i/a-2b-0.1.0-rc.1+b/src/lib.rs",
	  .module = PROGRAM,
	  .is_rust = true},
	 ORIGIN_PACKAGE,
	 "a-2b",
	 "0.1.0-rc.1+b",
	 "a-2b/src/lib.rs"},
	{{.function = "rayon_core::f",
	  .file = "src/latch.rs",
	  .directory = REGISTRY "rayon-core-1.13.0",
	  .module = PROGRAM,
	  .is_rust = true},
	 ORIGIN_PACKAGE,
	 "rayon-core",
	 "1.13.0",
	 "rayon-core/src/latch.rs"},
	{{.function = "tokio::f",
	  .file = "/h/.cargo/git/checkouts/tokio-0a1b2c3d4e5f6071/1a2b3c4/tokio/src/lib.rs",
	  .module = PROGRAM,
	  .is_rust = true},
	 ORIGIN_PACKAGE,
	 "tokio",
	 NULL,
	 "tokio/tokio/src/lib.rs"},
	{{.function = "log_server::f",
	  .file = "src/main.rs",
	  .directory = "/srv/log",
	  .module = PROGRAM,
	  .is_rust = true},
	 ORIGIN_OWN,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "helper::f",
	  .file = "/srv/helper/src/lib.rs",
	  .module = PROGRAM,
	  .is_rust = true},
	 ORIGIN_OWN,
	 NULL,
	 NULL,
	 NULL},
	/* Rust by its names */
	{{.function = "<std::sys::sync::once::futex::Once>::call",
	  .module = WHEEL,
	  .is_rust = true},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "<alloc::boxed::Box<F> as core::ops::function::FnOnce<A>>::call_once",
	  .module = WHEEL,
	  .is_rust = true},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "core::ops::function::FnOnce::call_once{{vtable.shim}}",
	  .module = PROGRAM,
	  .is_rust = true},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "rayon_core::latch::LockLatch::wait", .module = WHEEL, .is_rust = true},
	 ORIGIN_PACKAGE,
	 "rayon_core",
	 NULL,
	 NULL},
	{{.function = "log_server::logger::write", .module = PROGRAM, .is_rust = true},
	 ORIGIN_OWN,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "renamed::main", .module = PROGRAM, .is_rust = true},
	 ORIGIN_OWN,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "log_server::f",
	  .module = "/t/deps/log_server-0a5e1c3f9b8d7e62",
	  .is_rust = true},
	 ORIGIN_OWN,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "__rust_alloc", .module = PROGRAM}, ORIGIN_OWN, NULL, NULL, NULL},
	/* Go */
	{{.function = "main.spawnWorker", .file = "/srv/go/main.go", .module = PROGRAM},
	 ORIGIN_OWN,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "myapp/queue.(*Q).Pop", .file = "/srv/go/queue/q.go", .module = PROGRAM},
	 ORIGIN_OWN,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "runtime.asmcgocall",
	  .file = "/usr/local/go/src/runtime/asm_amd64.s",
	  .module = PROGRAM},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 "runtime/asm_amd64.s"},
	{{.function = "net/http.(*Server).Serve", .file = "net/http/server.go", .module = PROGRAM},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 "net/http/server.go"},
	{{.function = "os/exec.(*Cmd).Start", .module = PROGRAM}, ORIGIN_RUNTIME, NULL, NULL, NULL},
	{{.function = "main._Cfunc_work", .file = "./_cgo_gotypes.go", .module = PROGRAM},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "_cgo_b948_Cfunc_work",
	  .file = "/tmp/go-build/cgo-gcc-prolog",
	  .module = PROGRAM},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "x_cgo_thread_start",
	  .file = "/_/GOROOT/src/runtime/cgo/gcc_linux.c",
	  .module = PROGRAM},
	 ORIGIN_RUNTIME,
	 NULL,
	 NULL,
	 NULL},
	{{.function = "github.com/BurntSushi/toml.Decode",
	  .file = "/home/dev/go/pkg/mod/github.com/!burnt!sushi/toml@v1.4.0/decode.go",
	  .module = PROGRAM},
	 ORIGIN_PACKAGE,
	 "github.com/BurntSushi/toml",
	 "v1.4.0",
	 "github.com/BurntSushi/toml/decode.go"},
	{{.function = "gopkg.in/yaml%2ev3.Unmarshal",
	  .file = "gopkg.in/yaml.v3@v3.0.1/yaml.go",
	  .directory = ".",
	  .module = PROGRAM},
	 ORIGIN_PACKAGE,
	 "gopkg.in/yaml.v3",
	 "v3.0.1",
	 "gopkg.in/yaml.v3/yaml.go"},
	{{.function = "github.com/x/y.F",
	  .file = "/srv/vendor/github.com/x/y/f.go",
	  .module = PROGRAM},
	 ORIGIN_PACKAGE,
	 "github.com/x/y",
	 NULL,
	 "github.com/x/y/f.go"},
	/* what a runtime has compiled, and what has a name at least */
	{{.function = "spawn"}, ORIGIN_OWN, NULL, NULL, NULL},
	{{.pc = 0x7f0000001000}, ORIGIN_RUNTIME, NULL, NULL, NULL},
};

START_TEST(tells_native_frames_apart)
{
	const struct native *native = &natives[_i];

	expect(origin_of(&origins, &arena, &native->frame, NULL), native->kind, native->package,
	       native->version, native->path);
}
END_TEST

/* As rustc leaves them in a program, for the messages of panics. */
static const char *const panics[] __attribute__((used)) = {
	"/home/dev/.cargo/registry/src/index.example-1949cf8c6b5b557f/linked-crate-4.5.6/src/"
	"lib.rs",
	"/home/dev/.cargo/registry/src/index.example-1949cf8c6b5b557f/linked-crate-4.5.6/src/a.rs",
	"/home/dev/.cargo/registry/src/index.example-1949cf8c6b5b557f/twice-1.0.0/src/lib.rs",
	"/home/dev/.cargo/registry/src/index.example-1949cf8c6b5b557f/twice-2.0.0/src/lib.rs",
};

static const struct linked {
	const char *function, *package, *version;
} linked[] = {
	{"linked_crate::f", "linked-crate", "4.5.6"},
	{"<linked_crate::T as core::fmt::Debug>::fmt", "linked-crate", "4.5.6"},
	{"twice::f", "twice", NULL},
	{"never_linked::f", "never_linked", NULL},
	{"linked::f", "linked", NULL},
};

START_TEST(reads_versions_of_crates_from_constants)
{
	char path[4096] = "";
	struct frame frame = {.function = linked[_i].function, .module = path, .is_rust = true};

	ck_assert_int_gt(readlink("/proc/self/exe", path, sizeof(path) - 1), 0);
	expect(origin_of(&origins, &arena, &frame, NULL), ORIGIN_PACKAGE, linked[_i].package,
	       linked[_i].version, NULL);
}
END_TEST

START_TEST(takes_dots_out_of_paths)
{
	static const char *const paths[][2] = {{"/a/../b", "/b"},    {"/a/./b/.c", "/a/b/.c"},
					       {"/../../x", "/x"},   {"/a/b/..", "/a"},
					       {"/a/...", "/a/..."}, {"/..", ""},
					       {"a/../b", "a/../b"}, {"", ""},
					       {"/a/b", "/a/b"}};

	for (size_t i = 0; i < COUNT(paths); i++)
		ck_assert_str_eq(path_plain(&arena, paths[i][0]), paths[i][1]);
}
END_TEST

static const char *path_of(const char *file, const char *module)
{
	struct frame frame = {.file = file, .module = module};

	return origin_of(&origins, &arena, &frame, NULL)->path;
}

START_TEST(tells_own_sources_of_one_name_apart)
{
	static const char *const paths[] = {"/srv/shop/views.py", "/srv/blog/views.py",
					    "/srv/old/shop/views.py", "/srv/shop/app.py",
					    "views.py"};

	for (size_t i = 0; i < COUNT(paths); i++)
		path_of(paths[i], NULL);
	expect_text(path_of(paths[0], NULL), "srv/shop/views.py");
	expect_text(path_of(paths[1], NULL), "blog/views.py");
	expect_text(path_of(paths[2], NULL), "old/shop/views.py");
	expect_text(path_of(paths[3], NULL), NULL);
	expect_text(path_of(paths[4], NULL), NULL);
	expect_text(path_of("/srv/one/main.c", PROGRAM), NULL);
	expect_text(path_of("/srv/two/main.c", PROGRAM), "two/main.c");
	expect_text(path_of("/srv/one/main.c", PROGRAM), "one/main.c");
}
END_TEST

START_TEST(keeps_the_wheel_of_a_crate)
{
	struct frame frame = {.function = "rayon_core::f", .module = WHEEL, .is_rust = true};
	const struct origin *origin = origin_of(&origins, &arena, &frame, NULL);

	ck_assert_ptr_nonnull(origin->file);
	expect(origin->file, ORIGIN_PACKAGE, "polars", NULL, NULL);
	ck_assert_ptr_eq(origin->file, origin_of_file(&origins, &arena, WHEEL));
}
END_TEST

START_TEST(takes_the_interpreter_for_a_runtime)
{
	struct frame frame = {.function = "main", .file = "/srv/main.c", .module = PROGRAM};

	expect(origin_of(&origins, &arena, &frame, PROGRAM), ORIGIN_RUNTIME, NULL, NULL, NULL);
}
END_TEST

START_TEST(finds_the_package_behind_a_call)
{
	static const struct origin own = {.kind = ORIGIN_OWN}, runtime = {.kind = ORIGIN_RUNTIME},
				   wheel = {.kind = ORIGIN_PACKAGE, .package = "polars"},
				   crate = {ORIGIN_PACKAGE, "rayon", NULL, NULL, &wheel},
				   client = {.kind = ORIGIN_PACKAGE, .package = "posthog"};
	struct frame native[] = {{.origin = &runtime}, {.origin = &crate}, {.origin = &own}};
	struct frame under_python[] = {{.module = "/libc", .origin = &runtime},
				       {.module = "/py", .origin = &runtime},
				       {.module = "/app", .origin = &own}};
	struct frame lines[] = {{.origin = &runtime}, {.origin = &client}, {.origin = &own}};
	struct python_frames python = {.list = lines, .count = 3, .module = "/py"};
	struct frames frames = {.list = native, .count = 3};

	ck_assert_ptr_eq(origin_behind(&frames), &wheel);
	native[1].origin = &own;
	ck_assert_ptr_null(origin_behind(&frames));
	frames = (struct frames){.list = under_python, .count = 3, .python = &python};
	ck_assert_ptr_eq(origin_behind(&frames), &client);
	python.count = 1;
	ck_assert_ptr_null(origin_behind(&frames));
	ck_assert_ptr_null(origin_behind(&(struct frames){0}));
}
END_TEST

static const struct crate {
	const char *function, *crate;
} crates[] = {
	{"std::rt::lang_start::{{closure}}", "std"},
	{"<rayon_core::job::StackJob<L, F, R> as rayon_core::job::Job>::execute", "rayon_core"},
	{"<&mut alloc::string::String as core::fmt::Write>::write_str", "alloc"},
	{"<[polars::Series] as core::fmt::Debug>::fmt", "polars"},
	{"<T as tokio::Spawn>::spawn", "tokio"},
	{"<[T] as a::B>::c", "a"},
	{"<*const u8 as a::B>::c", "a"},
	{"<dyn core::any::Any>::is", "core"},
	{"core[1e2a3b4c5d6e7f80]::ptr::drop_in_place", "core"},
	{"<fn(a) -> b as c::D>::e", "c"},
	{"<T>::f", NULL},
	{"main", NULL},
	{"<", NULL},
	{"<<<<& as", NULL},
	{"", NULL},
	{"a[", NULL},
};

START_TEST(finds_crates_in_names)
{
	size_t length;
	const char *crate = rust_crate(crates[_i].function, &length);

	expect_text(crate ? arena_strndup(&arena, crate, length) : NULL, crates[_i].crate);
}
END_TEST

static const struct plain {
	const char *function, *plain;
} plains[] = {
	{"<rayon_core::job::StackJob<L, F, R> as rayon_core::job::Job>::execute",
	 "rayon_core::job::StackJob::execute"},
	{"<rayon_core::latch::LockLatch>::wait_and_reset",
	 "rayon_core::latch::LockLatch::wait_and_reset"},
	{"<std::sync::once::Once>::call_once_force::<<std::sync::lazy_lock::LazyLock<u8>>>::force::"
	 "{closure#0}>::{closure#0}",
	 "<std::sync::once::Once>::call_once_force::<<std::sync::lazy_lock::LazyLock<u8>>>::force::"
	 "{closure#0}>::{closure#0}"},
	{"<std::sync::once::Once>::call_once_force::<<std::sync::lazy_lock::LazyLock<u8>>::force::{"
	 "closure#0}>::{closure#0}",
	 "std::sync::once::Once::call_once_force::{closure}"},
	{"<polars::POOL::{closure#0} as core::ops::function::FnOnce<()>>::call_once",
	 "polars::POOL::{closure}::call_once"},
	{"<&mut alloc::string::String as core::fmt::Write>::write_str",
	 "alloc::string::String::write_str"},
	{"<&dyn core::ops::Fn<(), Output = i32> + core::marker::Sync as "
	 "core::ops::FnOnce<()>>::call_once",
	 "core::ops::Fn::call_once"},
	{"<T as tokio::Spawn>::spawn", "tokio::Spawn::spawn"},
	{"<T>::spawn", "T::spawn"},
	{"<[T] as a::B>::c", "a::B::c"},
	{"<fn(a) -> b as c::D>::e", "c::D::e"},
	{"std::rt::lang_start::{{closure}}", "std::rt::lang_start::{closure}"},
	{"core::ops::function::FnOnce::call_once{{vtable.shim}}",
	 "core::ops::function::FnOnce::call_once{vtable.shim}"},
	{"a::b::{closure_env#2}", "a::b::{closure}"},
	{"rayon::range::<impl rayon::range::private::Indexed for usize>::drive",
	 "rayon::range::drive"},
	{"std::thread::local::LocalKey<T>::with", "std::thread::local::LocalKey::with"},
	{"core[1e2a3b4c5d6e7f80]::ptr::drop_in_place::<alloc[0]::vec::Vec<u8>>",
	 "core::ptr::drop_in_place"},
	{"a::b::h0123456789abcdef", "a::b"},
	{"a::b::hello", "a::b::hello"},
	{"main", "main"},
	{"", ""},
	{"<", "<"},
	{"<>", "<>"},
	{"<a::b", "<a::b"},
	{"a::{b", "a::{b"},
	{"{}", "{}"},
	{"{{{{", "{{{{"},
	{"a b", "a b"},
};

START_TEST(writes_names_of_rust_as_their_source_does)
{
	ck_assert_str_eq(rust_plain(&arena, plains[_i].function), plains[_i].plain);
}
END_TEST

START_TEST(tells_names_of_rust_from_others)
{
	static const char *const others[] = {"main",
					     "<module>",
					     "<lambda()>",
					     "f.<locals>.g",
					     "std::map<int>::at",
					     "(anonymous namespace)::f",
					     "operator<",
					     "{lambda(int)#1}::operator()",
					     "runtime.(*mheap).alloc",
					     "Foo<bar>::baz",
					     ""};

	for (size_t i = 0; i < COUNT(others); i++)
		ck_assert_msg(!rust_is_name(others[i]), "%s", others[i]);
	ck_assert(rust_is_name("<a::B>::c"));
	ck_assert(rust_is_name("a::b::<C>"));
	ck_assert(rust_is_name("a::{{closure}}"));
	ck_assert(rust_is_name("a::b::h0123456789abcdef"));
}
END_TEST

START_TEST(survives_any_name_of_rust)
{
	uint64_t state = 5;
	char name[40];

	for (int round = 0; round < 20000; round++) {
		size_t length;

		for (size_t i = 0; i < sizeof(name) - 1; i++)
			name[i] = "<>()[]{}:: aT#&-,"[support_random(&state) % 17];
		name[sizeof(name) - 1] = '\0';
		rust_is_name(name);
		rust_crate(name, &length);
		ck_assert_uint_le(strlen(rust_plain(&arena, name)), 2 * sizeof(name));
	}
}
END_TEST

/* A system below a folder. */
static const char *root;

static void setup_root(void)
{
	setup();
	root = support_folder();
	origins.root = root;
}

static void teardown_root(void)
{
	support_remove_folder(root);
	teardown();
}

static const char *below_root(const char *path)
{
	return arena_printf(&arena, "%s%s", root, path);
}

static void put_folders(const char *path)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/'))
		mkdir(below_root(arena_strndup(&arena, path, (size_t)(slash - path))), 0700);
}

static void put_bytes(const char *path, const char *bytes, size_t length)
{
	FILE *stream;

	put_folders(path);
	stream = fopen(below_root(path), "w");
	ck_assert_ptr_nonnull(stream);
	ck_assert_uint_eq(fwrite(bytes, 1, length, stream), length);
	fclose(stream);
}

static void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

#define SITE "/v/lib/python3.12/site-packages/"

static void expect_file(const char *path, const char *package, const char *version)
{
	const struct origin *origin = origin_of_file(&origins, &arena, path);

	ck_assert_int_eq(origin->kind, ORIGIN_PACKAGE);
	expect_text(origin->package, package);
	expect_text(origin->version, version);
}

static void expect_source(const char *path, const char *package, const char *version)
{
	struct frame frame = {.file = path};
	const struct origin *origin = origin_of(&origins, &arena, &frame, NULL);

	ck_assert_int_eq(origin->kind, ORIGIN_PACKAGE);
	expect_text(origin->package, package);
	expect_text(origin->version, version);
}

static void put_wheel(const char *directory, const char *metadata, const char *record)
{
	put(arena_printf(&arena, SITE "%s/METADATA", directory), metadata);
	if (record)
		put(arena_printf(&arena, SITE "%s/RECORD", directory), record);
}

START_TEST(finds_the_wheel_that_lists_a_file)
{
	put_wheel("polars-2.1.0.dist-info", "Metadata-Version: 2.4\nName: polars\nVersion: 2.1.0\n",
		  "polars/__init__.py,sha256=x,1\npolars/frame.py,,\n");
	put_wheel("polars_runtime_32-2.1.1.dist-info",
		  "Name: polars-runtime-32\r\nVersion: 2.1.1\r\n\r\nVersion: 9\r\n",
		  "_polars_runtime_32/r.abi3.so,sha256=y,2\r\n");
	put_wheel("pillow-11.0.dist-info", "Name: pillow\nVersion: 11.0\n",
		  "PIL/Image.py,,\n\"PIL/a,b.py\",,\npillow.libs/libjpeg-0a1b2c3d.so.62,,\n");
	expect_source(SITE "polars/frame.py", "polars", "2.1.0");
	expect_file(SITE "_polars_runtime_32/r.abi3.so", "polars-runtime-32", "2.1.1");
	expect_source(SITE "PIL/Image.py", "pillow", "11.0");
	expect_source(SITE "PIL/a,b.py", "pillow", "11.0");
	expect_file(SITE "pillow.libs/libjpeg-0a1b2c3d.so.62", "pillow", "11.0");
	expect_file(SITE "PIL/./../pillow.libs/libjpeg-0a1b2c3d.so.62", "pillow", "11.0");
	/* a file that no list has, below the name that a distribution has */
	expect_source(SITE "polars/made_later.py", "polars", "2.1.0");
	expect_source(SITE "PIL/Ima", "PIL", NULL);
}
END_TEST

START_TEST(tells_namespace_packages_apart)
{
	put_wheel("google_auth-2.0.dist-info", "Name: google-auth\nVersion: 2.0\n",
		  "google/auth/jwt.py,,\n");
	put_wheel("google_api-3.0.dist-info", "Name: google-api\nVersion: 3.0\n",
		  "google/api/http.py,,\n");
	expect_source(SITE "google/api/http.py", "google-api", "3.0");
	expect_source(SITE "google/auth/jwt.py", "google-auth", "2.0");
}
END_TEST

START_TEST(finds_distributions_without_a_list)
{
	put_wheel("PyYAML-6.0.dist-info", "Name: PyYAML\nVersion: 6.0\n", NULL);
	put(SITE "PyYAML-6.0.dist-info/top_level.txt", "_yaml\nyaml\n");
	put(SITE "six-1.16.0.egg-info", "Metadata-Version: 1.1\nName: six\nVersion: 1.16.0\n");
	put(SITE "foo.egg-info/PKG-INFO", "Name: foo\nVersion: 0.1\n");
	put(SITE "foo.egg-info/installed-files.txt", "../foolib/f.py\nPKG-INFO\n");
	expect_source(SITE "yaml/loader.py", "PyYAML", "6.0");
	expect_source(SITE "six.py", "six", "1.16.0");
	expect_source(SITE "foolib/f.py", "foo", "0.1");
	expect_source(SITE "bar-2.5-py3.8.egg/bar/b.py", "bar", "2.5");
	expect_source(SITE "loader.py", "loader", NULL);
}
END_TEST

static const char *const hostile_metadata[] = {
	"",
	"Name:\nVersion:\n",
	"Name: \033[31mred\nVersion: 1\0330\n",
	"Name: a b\nVersion: 1 2\n",
	"\nName: late\nVersion: 1\n",
	"Nam",
	"Name: \xff\xfe\nVersion: \xff\n",
};

START_TEST(makes_nothing_of_hostile_metadata)
{
	put_wheel("pkg-1.0.dist-info", hostile_metadata[_i], "pkg/a.py,,\n");
	expect_source(SITE "pkg/a.py", "pkg", NULL);
}
END_TEST

START_TEST(bounds_names_and_versions)
{
	char *metadata = arena_zalloc(&arena, 70000);

	strcpy(metadata, "Name: ");
	memset(metadata + 6, 'n', 300);
	strcpy(metadata + 306, "\nVersion: ");
	memset(metadata + 316, '1', 69000);
	put_wheel("pkg-1.0.dist-info", metadata, "pkg/a.py,,\n");
	expect_source(SITE "pkg/a.py", "pkg", NULL);
}
END_TEST

START_TEST(reads_no_pipe_and_no_folder_in_place_of_a_file)
{
	put(SITE "pkg-1.0.dist-info/METADATA/x", "");
	put(SITE "pkg-1.0.dist-info/top_level.txt", "pkg\n");
	ck_assert_int_eq(mkfifo(below_root(SITE "pkg-1.0.dist-info/RECORD"), 0600), 0);
	expect_source(SITE "pkg/a.py", "pkg", NULL);
}
END_TEST

START_TEST(finds_packages_of_other_managers)
{
	put("/r/library/data.table/DESCRIPTION", "Package: data.table\nVersion: 1.15.4\n");
	put("/opt/conda/conda-meta/history", "\"lib/libgomp.so.1\"");
	put("/opt/conda/conda-meta/_openmp_mutex-4.5-2_gnu.json", "{\"files\": []}");
	put("/opt/conda/conda-meta/libgomp-13.2.0-h77fa898_5.json",
	    "{\"files\": [\"lib/libgomp.so\", \"lib/libgomp.so.1\"]}");
	put("/opt/conda/conda-meta/odd.json", "\"lib/libodd.so\"");
	expect_file("/g/gems/nokogiri-1.16.5-x86/lib/nokogiri.so", "nokogiri", "1.16.5-x86");
	expect_file(
		"/nix/store/0123456789abcdfghijklmnpqrsvwxyz-openblas-0.3.26/lib/libopenblas.so",
		"openblas", "0.3.26");
	expect_file("/r/library/data.table/libs/data.table.so", "data.table", "1.15.4");
	expect_file("/opt/conda/lib/libgomp.so.1", "libgomp", "13.2.0");
	expect_file("/opt/conda/lib/libodd.so", NULL, NULL);
	expect_file("/opt/conda/lib/libother.so", NULL, NULL);
}
END_TEST

START_TEST(reads_no_crates_where_there_is_no_file)
{
	struct frame frame = {.function = "a::f", .module = "/srv/app", .is_rust = true};

	put("/srv/app", "\177ELF\2\1\1");
	expect(origin_of(&origins, &arena, &frame, NULL), ORIGIN_PACKAGE, "a", NULL, NULL);
	frame.module = "/srv/other";
	expect(origin_of(&origins, &arena, &frame, NULL), ORIGIN_PACKAGE, "a", NULL, NULL);
}
END_TEST

START_TEST(survives_a_list_of_any_bytes)
{
	uint64_t state = 17;
	char bytes[4096];

	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = "\n\",./pkga\0\r-"[support_random(&state) % 13];
		put_bytes(SITE "pkg-1.0.dist-info/RECORD", bytes, sizeof(bytes));
		put_bytes(SITE "pkg-1.0.dist-info/METADATA", bytes, sizeof(bytes));
		put_bytes("/var/lib/dpkg/info/pkg.list", bytes, sizeof(bytes));
		put_bytes("/var/lib/dpkg/status", bytes, sizeof(bytes));
		put_bytes("/n/node_modules/pkg/package.json", bytes, sizeof(bytes));
		origins = (struct origins){.root = root};
		expect_source(SITE "pkg/pkg.py", "pkg", NULL);
		expect_file("/n/node_modules/pkg/p.node", "pkg", NULL);
		origin_of_file(&origins, &arena, "/usr/lib/pkg.so");
	}
}
END_TEST

#define STATUS                                                                                     \
	"Package: adduser\nStatus: install ok installed\nVersion: 3.134\n\n"                       \
	"Package: libgomp1\nStatus: install ok installed\nMulti-Arch: same\n"                      \
	"Version: 12.2.0-14+deb12u1\nDescription: x\n Version: 9\n\n"                              \
	"Package: libgomp1-dbg\nVersion: 7\n\nPackage: bare\n\nPackage: z\nVersion: 8\n"

START_TEST(asks_dpkg_for_libraries)
{
	put("/var/lib/dpkg/status", STATUS);
	put("/var/lib/dpkg/info/adduser.list", "/.\n/usr/sbin/adduser\n/usr/lib/adduser.so\n");
	put("/var/lib/dpkg/info/libgomp1:amd64.list",
	    "/.\n/usr/lib\n/usr/lib/x86_64-linux-gnu/libgomp.so.1.0.0\n"
	    "/usr/lib/x86_64-linux-gnu/libgomp.so.1\n");
	put("/var/lib/dpkg/info/bare.list", "/lib/libold.so.2");
	put("/var/lib/dpkg/info/libgomp1:amd64.md5sums", "/usr/lib/libother.so\n");
	expect_file("/usr/lib/x86_64-linux-gnu/libgomp.so.1", "libgomp1", "12.2.0-14+deb12u1");
	expect_file("/lib/x86_64-linux-gnu/libgomp.so.1", "libgomp1", "12.2.0-14+deb12u1");
	expect_file("/usr/lib/adduser.so", "adduser", "3.134");
	expect_file("/usr/lib/libold.so.2", "bare", NULL);
	expect_file("/usr/lib/libother.so", NULL, NULL);
	expect_file("/usr/lib/libgomp.so.1", NULL, NULL);
}
END_TEST

START_TEST(follows_alternatives_to_their_package)
{
	put("/var/lib/dpkg/info/libblas3:amd64.list", "/usr/lib/blas/libblas.so.3\n");
	put("/usr/lib/blas/libblas.so.3", "");
	ck_assert_int_eq(symlink("blas/libblas.so.3", below_root("/usr/lib/libblas.so.3")), 0);
	expect_file("/usr/lib/libblas.so.3", "libblas3", NULL);
}
END_TEST

START_TEST(reads_versions_of_npm_packages)
{
	put("/n/node_modules/sharp/package.json", "{\"name\": \"sharp\", \"version\": \"0.33.5\"}");
	put("/n/node_modules/@img/x/package.json", "{\"version\": 7}");
	put("/n/node_modules/deep/package.json", "[[[[[[[[[[[[[[");
	expect_file("/n/node_modules/sharp/build/Release/s.node", "sharp", "0.33.5");
	expect_file("/n/node_modules/@img/x/lib/s.node", "@img/x", NULL);
	expect_file("/n/node_modules/deep/s.node", "deep", NULL);
}
END_TEST

static TCase *file_tests(void)
{
	TCase *tests = tcase_create("files");

	tcase_add_checked_fixture(tests, setup_root, teardown_root);
	tcase_add_test(tests, finds_the_wheel_that_lists_a_file);
	tcase_add_test(tests, tells_namespace_packages_apart);
	tcase_add_test(tests, finds_distributions_without_a_list);
	tcase_add_loop_test(tests, makes_nothing_of_hostile_metadata, 0, COUNT(hostile_metadata));
	tcase_add_test(tests, bounds_names_and_versions);
	tcase_add_test(tests, reads_no_pipe_and_no_folder_in_place_of_a_file);
	tcase_add_test(tests, survives_a_list_of_any_bytes);
	tcase_add_test(tests, reads_no_crates_where_there_is_no_file);
	tcase_add_test(tests, finds_packages_of_other_managers);
	tcase_add_test(tests, asks_dpkg_for_libraries);
	tcase_add_test(tests, follows_alternatives_to_their_package);
	tcase_add_test(tests, reads_versions_of_npm_packages);
	return tests;
}

Suite *origins_suite(void)
{
	Suite *suite = suite_create("origins");
	TCase *kinds = tcase_create("kinds");

	tcase_add_checked_fixture(kinds, setup, teardown);
	tcase_add_loop_test(kinds, tells_python_sources_apart, 0, COUNT(sources));
	tcase_add_loop_test(kinds, tells_files_apart, 0, COUNT(files));
	tcase_add_loop_test(kinds, tells_native_frames_apart, 0, COUNT(natives));
	tcase_add_loop_test(kinds, finds_crates_in_names, 0, COUNT(crates));
	tcase_add_loop_test(kinds, writes_names_of_rust_as_their_source_does, 0, COUNT(plains));
	tcase_add_test(kinds, tells_names_of_rust_from_others);
	tcase_add_test(kinds, survives_any_name_of_rust);
	tcase_add_loop_test(kinds, reads_versions_of_crates_from_constants, 0, COUNT(linked));
	tcase_add_test(kinds, takes_dots_out_of_paths);
	tcase_add_test(kinds, tells_own_sources_of_one_name_apart);
	tcase_add_test(kinds, keeps_the_wheel_of_a_crate);
	tcase_add_test(kinds, finds_the_package_behind_a_call);
	tcase_add_test(kinds, takes_the_interpreter_for_a_runtime);
	suite_add_tcase(suite, kinds);
	suite_add_tcase(suite, file_tests());
	return suite;
}
