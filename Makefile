# forkcheck. GNU make; `make help` lists what there is to make.
#
# Variables: CC CXX CFLAGS LDFLAGS PREFIX DESTDIR as everywhere, and
#   BUILD=build   where everything that is built goes
#   WERROR=1      warnings are errors
#   SANITIZE=1    the CLI and its tests (never the shim) with ASan and UBSan; =thread: TSan
#   REPEAT=N      every case program N times in `make check`
#   ROUNDS=N      how often `make bench` runs each pair
#   BENCH=...     the programs of tests/bench to run, by the beginnings of their names (all)
#   SECONDS=N     how long `make fuzz` runs each target
#   KILLS=N       how many processes `make faults` kills
#   RUNS=N        how often `make suites` runs each member
#   LATENT=...    the programs of tests/latent to try (all)
#   ATTACH=...    the programs for attach to explain, by patterns of their names (all)
#   SUITES=...    the members of tests/suites to run (all; then docs/results.md is written)
#   SUITE=pypi    `make suites` runs those of tests/suites-pypi that have no row yet in
#                 docs/results-pypi.md, or the SUITES; each writes its row when it has run
#   JOBS=N        how many of these run side by side: they mostly wait
#   DEBIAN=...    the release in the machine of `make check-aarch64` (bookworm); trixie: glibc
#                 with signed return addresses
#   ONLY=...      the suites to run in it (all that are chosen)
#   RULES_URI=... where docs/rules can be read, for help in SARIF; ends with a slash (as installed)
#   V=1           show the commands

VERSION  = 0.1.0
BUILD    = build
PREFIX   = /usr/local
DESTDIR  =
REPEAT   = 1
ROUNDS   = 15
RUNS     = $(if $(SUITE),5,10)
SECONDS  = 30
KILLS    = 1000
SUITES   =
SUITE    =
JOBS     = 3
LATENT   =
ATTACH   =
FAULTS   =
BASICS   =
BENCH    =
RULES_URI =
DEBIAN   = bookworm
ONLY     =

CFLAGS   = -O2 -g
WARNINGS = -Wall -Wextra -Wstrict-prototypes -Wshadow -Wconversion -Wmissing-prototypes
LANGUAGE = -std=gnu11 -D_GNU_SOURCE -MMD -MP
SANITIZER = $(if $(filter thread,$(SANITIZE)),-fsanitize=thread,$(if $(SANITIZE),-fsanitize=address$(,)undefined \
	-fno-sanitize-recover=undefined))
, = ,
ALL_CFLAGS = $(LANGUAGE) $(WARNINGS) $(if $(WERROR),-Werror) $(CFLAGS)

# The architecture that is compiled for: a folder of shim/common/arch, and a part of libunwind.
ARCH := $(or $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null))),$(shell uname -m))

# Not empty: what is compiled runs here. Rust and Go have compilers for this machine alone.
NATIVE := $(filter $(ARCH),$(shell uname -m))

# What goes with the compiler, which may be one for another machine.
ifeq ($(origin AR),default)
AR := $(or $(shell $(CC) -print-prog-name=ar 2>/dev/null),ar)
endif
OBJCOPY := $(or $(shell $(CC) -print-prog-name=objcopy 2>/dev/null),objcopy)

# The CLI. libunwind's part of an architecture is the one for other processes' memory.
# shim/common is compiled for both sides, but for what only the CLI asks of an architecture.
CLI_SOURCES    := $(sort $(shell find cli -name "*.c"))
SHARED_SOURCES := $(sort $(wildcard shim/common/*.c shim/common/*/*.c \
	shim/common/arch/$(ARCH)/*.c shim/common/arch/$(ARCH)/cli/*.c))
CLI_OBJECTS    := $(CLI_SOURCES:%.c=$(BUILD)/obj/%.o) $(SHARED_SOURCES:%.c=$(BUILD)/obj/cli/%.o)
CLI_LIBS     = -lunwind-$(ARCH) -lunwind -ldw -lelf -liberty -ljansson
CLI_DEFINES  = -I. -Icli -DFORKCHECK_VERSION='"$(VERSION)"' \
	-DFORKCHECK_DOCS_DIR='"docs"' -DFORKCHECK_RULES_URI='"$(RULES_URI)"'

# The shim: loaded into strangers. Hidden but for what is marked EXPORT, bound when it
# is loaded, first to be initialised, and linked with nothing but libc. In two
# segments and not four: mapping each costs every short process of a build. So do
# the compiler's start files, which look for functions that nobody has.
# The data that every fork writes to comes first, in one page.
SHIM_FORK    := $(addprefix shim/, base/process.c record/private_facts.c state/thread.c)
SHIM_SOURCES := $(SHIM_FORK) $(filter-out $(SHIM_FORK), $(sort $(wildcard shim/*/*.c shim/*/*/*.c \
	shim/common/arch/$(ARCH)/*.c)))
SHIM_OBJECTS := $(SHIM_SOURCES:%.c=$(BUILD)/obj/%.o)
SHIM_CFLAGS   = -Ishim -falign-functions=64 -fPIC -fno-plt -fvisibility=hidden -ftls-model=initial-exec -fasynchronous-unwind-tables
SHIM_LDFLAGS  = -shared -Wl,-soname,libforkcheck.so -Wl,--version-script=shim/base/local.map \
	-Wl,-z,initfirst -Wl,-z,now -Wl,-z,defs -Wl,-z,nodelete -Wl,-z,noseparate-code -Wl,-z,norelro -nostartfiles

# Tests: one Check program, linked with all of the CLI but its main(), and with the floors of
# the shim: from the upper to the lower ones, for they look down only. libc's own names
# (strings.c) are left out, and what the hooks export is called shim_NAME there.
CHECK_SOURCES := $(sort $(wildcard tests/unit/*.c tests/unit/*/*.c tests/cases/*.c))
FLOORS        := $(patsubst %,$(BUILD)/tests/lib%.a,hooks fork record state log base)
CHECK_OBJECTS := $(CHECK_SOURCES:%.c=$(BUILD)/obj/%.o)
CHECK_LIBS     = -lcheck_pic -pthread -lrt -lm -lsubunit
CHECK_DEFINES  = -DBUILD_DIRECTORY='"$(abspath $(BUILD))"' -DSOURCE_DIRECTORY='"$(CURDIR)"'

# Case programs are compiled as written, so that every call has its line.
CASE_CFLAGS  = -D_GNU_SOURCE -O0 -g -Wall -Wextra -Wno-unused-parameter -MMD -MP -pthread -Itests/cases
CASES        = $(patsubst tests/cases/programs/%,$(BUILD)/cases/%,$(basename $(wildcard \
	tests/cases/programs/*.c tests/cases/programs/*.cpp))) \
	$(BUILD)/cases/mutex-optimised $(BUILD)/cases/statics-runtime \
	$(if $(and $(NATIVE),$(shell command -v rustc)),$(BUILD)/cases/cure-rust $(BUILD)/cases/reach-rust) \
	$(if $(and $(NATIVE),$(shell command -v go)),$(BUILD)/cases/cure-go)
CASE_LIBS    = $(patsubst tests/cases/libraries/%,$(BUILD)/cases/%.so,$(basename $(wildcard \
	tests/cases/libraries/*.c tests/cases/libraries/*.cpp)))
BENCHES      = $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
DEMO_SOURCES = $(wildcard tests/demo/*.c)

C_FILES = $(shell find cli shim tests -name '*.[ch]' -o -name '*.cpp')

# Short lines instead of commands; nothing at all under `make -s`.
ifneq ($(V),)
say =
else ifneq ($(findstring s,$(firstword -$(MAKEFLAGS))),)
say = @
else
say = @printf '  %-5s %s\n' $(1) $(@:$(BUILD)/%=%);
endif

.PHONY: all help deps demo check check-aarch64 cases latent suites suites-unstable attach-trial bench fuzz faults install uninstall clean format format-check
.DELETE_ON_ERROR:

all: $(BUILD)/forkcheck $(BUILD)/libforkcheck.so

help:
	@echo 'make               build/forkcheck and build/libforkcheck.so'
	@echo 'make deps          install what building and testing needs'
	@echo 'make demo          see it find the deadlock of a small server'
	@echo 'make check         unit tests and case programs'
	@echo 'make check-aarch64  the demo and chosen suites in an emulated arm64 machine (ONLY=...)'
	@echo 'make latent        unsafe forks that mostly pass: predicted, and stretched until they hang (LATENT=...)'
	@echo 'make suites        other people'"'"'s software, into docs/results.md (RUNS=N, SUITES=...;'
	@echo '                   SUITE=pypi: libraries of PyPI, into docs/results-pypi.md)'
	@echo 'make suites-unstable  the newest Python and glibc (RUNS=N, SUITES=...; needs root)'
	@echo 'make attach-trial  attach to programs that hang, and to services (REPEAT=N, ATTACH=...)'
	@echo 'make bench         what it costs (ROUNDS=N, BENCH=...)'
	@echo 'make fuzz          damaged sessions, files and memory (SECONDS=N; needs clang)'
	@echo 'make faults        processes that are killed at random moments (KILLS=N)'
	@echo 'make install       into DESTDIR/PREFIX; make uninstall'
	@echo 'make format        clang-format; make format-check'
	@echo 'make clean'

$(BUILD)/forkcheck: $(CLI_OBJECTS)
	$(call say,LINK)$(CC) $(CFLAGS) $(SANITIZER) $(LDFLAGS) -o $@ $^ $(CLI_LIBS)

$(BUILD)/libforkcheck.so: $(SHIM_OBJECTS) shim/base/local.map
	$(call say,LINK)$(CC) $(CFLAGS) $(SHIM_LDFLAGS) $(LDFLAGS) -o $@ $(SHIM_OBJECTS)

$(BUILD)/obj/cli/%.o: cli/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) $(SANITIZER) $(CLI_DEFINES) -c -o $@ $<

$(BUILD)/obj/cli/shim/%.o: shim/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) $(SANITIZER) $(CLI_DEFINES) -c -o $@ $<

# It holds the texts of `forkcheck explain`.
$(BUILD)/obj/cli/findings/rules/rule_texts.o: $(wildcard docs/rules/*.md)

$(BUILD)/obj/shim/%.o: shim/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) $(SHIM_CFLAGS) -c -o $@ $<

$(BUILD)/obj/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) $(SANITIZER) $(CLI_DEFINES) $(CHECK_DEFINES) -c -o $@ $<

# --- tests -------------------------------------------------------------------

check: deps all $(BUILD)/tests/check $(CASES) $(CASE_LIBS)
	@FORKCHECK_CASE_REPEAT=$(REPEAT) $(BUILD)/tests/check

# What the Check program needs besides itself.
cases: $(BUILD)/tests/check $(CASES) $(CASE_LIBS) $(BUILD)/demo/server

# The machine and what is compiled for it are kept. Needs a network once; qemu, a cross compiler
# and debootstrap, and says so where they are not.
check-aarch64:
	@SUITE='$(DEBIAN)' tests/aarch64/run $(BUILD)/aarch64 $(ONLY)

$(BUILD)/obj/tests/unit/shim/%.o: CHECK_DEFINES += -Ishim

$(BUILD)/obj/floors/%.o: shim/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) $(SANITIZER) -Ishim -fvisibility=hidden -c -o $@ $<

$(BUILD)/obj/floors/hooks/%.o: shim/hooks/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) $(SANITIZER) -Ishim -fvisibility=hidden -c -o $@ $<
	@readelf -sW $@ | awk '$$5 == "GLOBAL" && $$6 == "DEFAULT" && $$7 != "UND" { print $$8, "shim_" $$8 }' >$(@:.o=.exported)
	@$(OBJCOPY) --redefine-syms=$(@:.o=.exported) $@

$(foreach floor,$(FLOORS:$(BUILD)/tests/lib%.a=%),$(eval $(BUILD)/tests/lib$(floor).a: $(patsubst \
	shim/%.c,$(BUILD)/obj/floors/%.o,$(filter-out shim/base/strings.c,$(wildcard shim/$(floor)/*.c)))))
$(FLOORS):
	@mkdir -p $(@D) && rm -f $@
	$(call say,AR)$(AR) rcs $@ $^

$(BUILD)/tests/check: $(CHECK_OBJECTS) $(filter-out %/cli/main.o,$(CLI_OBJECTS)) $(FLOORS)
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(CFLAGS) $(SANITIZER) $(LDFLAGS) -o $@ $^ $(CLI_LIBS) $(CHECK_LIBS)

$(BUILD)/cases/%: tests/cases/programs/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -std=gnu11 $(CASE_CFLAGS) -o $@ $< $(CASE_LINK)

$(BUILD)/cases/%: tests/cases/programs/%.cpp
	@mkdir -p $(@D)
	$(call say,CXX)$(CXX) $(CASE_CFLAGS) -o $@ $<

$(BUILD)/cases/%.so: tests/cases/libraries/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -std=gnu11 $(CASE_CFLAGS) -fPIC -shared -Wl,-soname,$(@F) -o $@ $< $(CASE_LINK)

$(BUILD)/cases/%.so: tests/cases/libraries/%.cpp
	@mkdir -p $(@D)
	$(call say,CXX)$(CXX) $(CASE_CFLAGS) -fPIC -shared -Wl,-soname,$(@F) -o $@ $<

# A C++ runtime that is there from the start.
$(BUILD)/cases/statics-runtime: tests/cases/programs/statics.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -std=gnu11 $(CASE_CFLAGS) -o $@ $< -Wl,--no-as-needed -lstdc++

$(BUILD)/cases/mutex-optimised: tests/cases/programs/mutex.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -std=gnu11 $(CASE_CFLAGS) -O2 -o $@ $<

$(BUILD)/cases/library-linked: $(BUILD)/cases/libjournal.so
$(BUILD)/cases/library-linked: CASE_LINK = -L$(BUILD)/cases -ljournal -Wl,-rpath,'$$ORIGIN'

# Where there is a compiler for them; the cases say what they left out.
$(BUILD)/cases/%: tests/cases/programs/%.rs
	@mkdir -p $(@D)
	$(call say,RUSTC)env -u MAKEFLAGS -u MFLAGS rustc --edition 2018 -g -o $@ $<

$(BUILD)/cases/cure-go: tests/cases/programs/cure-go.go
	@mkdir -p $(@D)
	$(call say,GO)go build -o $@ $<

# It stands for an interpreter, which exports its symbols.
$(BUILD)/cases/unknown-python: CASE_LINK = -rdynamic

# Debian's clang has no OpenMP library of its own.
$(BUILD)/cases/openmp $(BUILD)/cases/cure-openmp $(BUILD)/cases/libparallel.so: CC = gcc
$(BUILD)/cases/openmp $(BUILD)/cases/cure-openmp $(BUILD)/cases/libparallel.so: CASE_LINK = -fopenmp

# What its programs need beyond `make deps`: libsqlite3-dev, libssl-dev, libglib2.0-dev, rustc.
latent: deps all
	@failed=0; for how in "" --predict; do \
		tests/latent/run $$how $(BUILD)/forkcheck $(BUILD)/latent $(LATENT) || failed=$$?; \
	done; exit $$failed

# Needs a network, root or sudo for packages, and some minutes.
suites: deps all
ifneq ($(SUITE),)
	@tests/suites/run -n $(RUNS) --bare 1 -j $(JOBS) --libraries docs/results-$(SUITE).md \
		--members tests/suites-$(SUITE) $(BUILD)/forkcheck $(SUITES)
else
	@tests/suites/run -n $(RUNS) -o docs/results.md $(BUILD)/forkcheck $(SUITES)
	$(if $(SUITES),,@tests/suites/transparency/compare -o docs/transparency.md $(BUILD)/forkcheck)
	$(if $(SUITES),,@tests/suites/recipes/run $(BUILD)/forkcheck)
endif

# Programs that hang and services that do not, started without forkcheck. FAULTS and BASICS are
# folders of programs that are not here. Needs what suites need; strace, gdb, postgresql, java.
attach-trial: deps all $(CASES) $(CASE_LIBS) $(BUILD)/attach/eintr
	@failed=0; \
	tests/attach/run -n $(REPEAT) $(FAULTS:%=--faults %) $(BASICS:%=--basics %) \
		$(BUILD)/forkcheck $(BUILD) $(ATTACH) || failed=$$?; \
	tests/attach/healthy $(BUILD)/forkcheck $(BUILD) || failed=$$?; \
	exit $$failed

$(BUILD)/attach/eintr: tests/attach/eintr.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -pthread -o $@ $< -lrt

# Python and glibc of tomorrow. Needs a network and root, and says so where they are not.
suites-unstable: deps all
	@tests/suites-unstable/run $(RUNS) $(BUILD) docs/results-unstable.md $(SUITES)

demo: deps all $(BUILD)/demo/server
	@tests/demo/run $(BUILD)

$(BUILD)/demo/server: $(DEMO_SOURCES) $(wildcard tests/demo/*.h)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -pthread -o $@ $(DEMO_SOURCES)

# libFuzzer is clang's. The targets are the CLI again, with its instrumentation.
FUZZERS = $(patsubst %,$(BUILD)/fuzz/%,session suppressions elf renderers python memory names \
	  origins cores)
FUZZ    = address,undefined -fno-sanitize-recover=undefined

FUZZ_OBJECTS = $(patsubst %.c,$(BUILD)/obj/fuzz/%.o,$(filter-out cli/main.c,$(CLI_SOURCES)) $(SHARED_SOURCES))

fuzz: deps all $(CASES)
	@$(MAKE) --no-print-directory CC=clang CXX=clang++ $(FUZZERS)
	@tests/fuzz/run $(BUILD) $(SECONDS)

$(BUILD)/obj/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(LANGUAGE) $(WARNINGS) -O1 -g -fsanitize=fuzzer-no-link,$(FUZZ) $(CLI_DEFINES) -c -o $@ $<

$(BUILD)/fuzz/%: tests/fuzz/%.c tests/fuzz/fuzz.h tests/fuzz/input.h $(FUZZ_OBJECTS)
	@mkdir -p $(@D)
	$(call say,FUZZ)$(CC) $(filter-out -MMD -MP,$(LANGUAGE)) $(WARNINGS) -O1 -g -fsanitize=fuzzer,$(FUZZ) \
		$(CLI_DEFINES) -o $@ $< $(FUZZ_OBJECTS) $(CLI_LIBS)

# Another seed each time; tests/faults/run takes it to run the same again.
faults: deps all $(CASES)
	@seed=$$$$; echo "faults: $(KILLS) kills, seed $$seed"; \
		tests/faults/run $(BUILD)/forkcheck $(BUILD)/cases $(KILLS) $$seed

bench: deps all $(BENCHES)
	@tests/bench/run $(BUILD) $(ROUNDS) $(BENCH)

$(BUILD)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -MMD -MP -pthread -o $@ $<

deps:
	@CC='$(CC)' CXX='$(CXX)' tests/install-deps

# Nothing is compiled before it is known that the compiler is there.
ifneq ($(filter check demo suites suites-unstable attach-trial bench faults deps,$(MAKECMDGOALS)),)
$(CLI_OBJECTS) $(SHIM_OBJECTS) $(CHECK_OBJECTS) $(CASES) $(CASE_LIBS): | deps
$(BENCHES) $(BUILD)/demo/server: | deps
endif

# --- installing --------------------------------------------------------------

# docs/README.md leads through the tree; README.md has its name where both would be one folder.
DOCUMENTS = README.md LICENSE $(filter-out docs/README.md, $(wildcard docs/*.md))
DOC_ROOMS = rules rooms how-to
MAN_PAGES = $(wildcard docs/*.1)
# Each printed by forkcheck itself; and what tells builds where the shim is.
COMPLETE_BASH = share/bash-completion/completions/forkcheck
COMPLETE_ZSH  = share/zsh/site-functions/_forkcheck
COMPLETE_FISH = share/fish/vendor_completions.d/forkcheck.fish
PKG_CONFIG    = lib/pkgconfig/forkcheck.pc
INSTALLED = $(DESTDIR)$(PREFIX)

install: all
	@install -d $(INSTALLED)/bin $(INSTALLED)/lib/forkcheck $(INSTALLED)/share/man/man1 \
		$(DOC_ROOMS:%=$(INSTALLED)/share/doc/forkcheck/%)
	@install -d $(dir $(addprefix $(INSTALLED)/, $(COMPLETE_BASH) $(COMPLETE_ZSH) $(COMPLETE_FISH) $(PKG_CONFIG)))
	@install -m 755 $(BUILD)/forkcheck $(INSTALLED)/bin/forkcheck
	@install -m 755 $(BUILD)/libforkcheck.so $(INSTALLED)/lib/forkcheck/libforkcheck.so
	@install -m 644 $(MAN_PAGES) $(INSTALLED)/share/man/man1
	@install -m 644 $(DOCUMENTS) $(INSTALLED)/share/doc/forkcheck
	@$(foreach room,$(DOC_ROOMS),install -m 644 docs/$(room)/*.md $(INSTALLED)/share/doc/forkcheck/$(room) && ):
	@$(BUILD)/forkcheck --print-bash-completions >$(INSTALLED)/$(COMPLETE_BASH)
	@$(BUILD)/forkcheck --print-zsh-completions >$(INSTALLED)/$(COMPLETE_ZSH)
	@$(BUILD)/forkcheck --print-fish-completions >$(INSTALLED)/$(COMPLETE_FISH)
	@printf '%s\n' 'prefix=$(PREFIX)' 'shim=$${prefix}/lib/forkcheck/libforkcheck.so' '' 'Name: forkcheck' \
		'Description: Finds forks that are unsafe; shim is the library that it preloads' \
		'Version: $(VERSION)' >$(INSTALLED)/$(PKG_CONFIG)
	@chmod 644 $(addprefix $(INSTALLED)/, $(COMPLETE_BASH) $(COMPLETE_ZSH) $(COMPLETE_FISH) $(PKG_CONFIG))

uninstall:
	@rm -f $(addprefix $(INSTALLED)/, $(COMPLETE_BASH) $(COMPLETE_ZSH) $(COMPLETE_FISH) $(PKG_CONFIG))
	@rm -f $(INSTALLED)/bin/forkcheck $(patsubst docs/%,$(INSTALLED)/share/man/man1/%,$(MAN_PAGES))
	@rm -rf $(INSTALLED)/lib/forkcheck $(INSTALLED)/share/doc/forkcheck

clean:
	@rm -rf $(BUILD)

format:
	@clang-format -i $(C_FILES)

format-check:
	@clang-format --dry-run -Werror $(C_FILES)

# What the suites build, a whole system among it, has files of such names, too.
-include $(shell find $(BUILD) \( -path $(BUILD)/suites -o -path $(BUILD)/aarch64 \) -prune -o -type f -name '*.d' -print 2>/dev/null)
