# SPDX-License-Identifier: LGPL-2.1-or-later
#
# make              build/culprit, build/libculprit.a and .so
# make pictures     README's picture of what the program prints, made anew
# make demo         install what is missing, build, show a real log
# make check        install what is missing, build, run all tests
# make check-asan   the same tests with the address and undefined-behaviour sanitizers
# make check-unit, check-cli, check-corpus, check-layers    parts of it
# make check-field  figures of logs from the field: FIELD=DIRECTORY
# make bench        throughput, memory and start-up: SIZE=500 (MB), RUNS=5
# make bench-bisect  bisections of simulated worlds, judged
# make fuzz         fuzz everything that reads strangers' bytes: FUZZ_TIME=60 (seconds each), FUZZ="parser console"
# make fuzz-long    the same, an hour each
# make check-replay inputs that were once found by fuzzing, and seeds of each target
# make check-faults the n-th system call fails, for every n: FAULTS=400 (at most so many of a kind); minutes, needs strace
# make coverage     lines and branches that tests and fuzzing's seeds run, by file: COVERAGE="unit cli corpus replay", COVERED="input ..."
# make check-abi    does libculprit fit programs compiled with the last release? make abi-update: after a release; needs abigail-tools
# make check-reproducible    two builds in different places are the same, byte for byte
# make check-conventions   titles against the community's answers, in figures
# make check-lying  culprits hunted on machines that lie: WORLDS=200, LYING_KINDS="silent hole"
# make sbom         what the program is made of and uses, as SPDX 2.3: BUILD/culprit.spdx.json
# make check-slurm  bisections on a Slurm that is started on loopback for it; minutes
# make check-real   real kernels, built, booted and bisected; 20 minutes and more: PARTS="debian steady flaky killed broken plain crashes x86"
# make tutorial     run what the pages of doc/ show, and write them anew with what came out
# make counts       write the counts of the corpus into README.md
# make deps         install what building and testing need
# make deb          Debian packages in BUILD/deb, of the files that git knows; DEB_BUILD_OPTIONS=nocheck without their tests
# make install, make uninstall    PREFIX=/usr/local DESTDIR=
# make bench-policy the bisection policy alone, over simulated worlds (ARGS="worlds=1000 seed=1", ARGS=uneven)
#
# V=1 shows the commands, DEV=1 makes warnings fatal, O=dir builds elsewhere.

# The version stands in the public header.
VERSION := $(shell sed -n 's/^\#define CULPRIT_VERSION_[MP][A-Z]* \([0-9]*\)$$/\1/p' include/culprit.h | paste -sd.)
SOVERSION := 0

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
# Of the Python module: the place below PREFIX where python3 looks, else where it would be put; PYTHONDIR= for none.
PYTHONDIR ?= $(shell python3 -c 'import sys, sysconfig; prefix = sys.argv[1]; \
	print(next((d for d in sys.path if d.startswith(prefix + "/lib/") and d.endswith("-packages")), \
	sysconfig.get_path("purelib", "posix_prefix", {"base": prefix})))' $(PREFIX) 2>/dev/null)

CC ?= cc
AR ?= ar
LD ?= ld
OBJCOPY ?= objcopy
# Programs that run while building (they embed the patterns) are made with this one: for cross builds.
CC_FOR_BUILD ?= $(CC)
CFLAGS_FOR_BUILD ?= $(CFLAGS)
PKG_CONFIG_FOR_BUILD ?= $(PKG_CONFIG)
INSTALL ?= install
PKG_CONFIG ?= pkg-config
O ?= build

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wundef
ifeq ($(DEV),1)
WARNINGS += -Werror
endif
ifeq ($(SAN),1)
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

# Libraries that the program is linked with. Those of src/input/decompress.c,
# libdw, capstone and SQLite are opened when first needed (src/base/dynlib.h): only
# their headers are used.
PKGS := libpcre2-8 jansson yaml-0.1
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)

# What an attacker would have to get past; HARDENING= and HARDENING_LD= leave it out. Sanitizers do without,
# _FORTIFY_SOURCE needs an optimizer, and whoever sets it in CPPFLAGS or CFLAGS has said how much of it.
ifneq ($(SAN),1)
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
HARDENING ?= -fstack-protector-strong \
	$(if $(filter x86_64-%,$(MACHINE)),-fstack-clash-protection -fcf-protection) \
	$(if $(filter aarch64-%,$(MACHINE)),-mbranch-protection=standard) \
	$(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,$(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-D_FORTIFY_SOURCE=2))
HARDENING_LD ?= -Wl,-z,relro,-z,now
endif

# Debug information says the same wherever it was built.
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -fPIC -fvisibility=hidden -pthread $(WARNINGS) $(SANFLAGS) $(HARDENING) \
	-ffile-prefix-map=$(CURDIR)=. \
	-Iinclude -Isrc $(PKG_CFLAGS) -DCULPRIT_VERSION='"$(VERSION)"' $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS := -pthread $(SANFLAGS) $(HARDENING_LD) $(LDFLAGS)
LIBS := $(PKG_LIBS) -liberty -ldl -lm
# Only the program writes JSON.
LIB_LIBS := $(filter-out -ljansson,$(LIBS))

# A folder of src/ is a room. Each includes only itself and those before it; only
# the last, the commands, has folders inside and is not part of the library.
ROOMS := base input pattern report symbol match bisect session cli
LIB_SRC := $(foreach r,$(filter-out cli,$(ROOMS)),$(wildcard src/$(r)/*.c))
CLI_SRC := $(wildcard src/cli/*.c src/cli/*/*.c)
MADE_SRC := $(O)/embedded.c $(O)/digrams.c $(O)/places.c $(O)/filters.c
LIB_OBJ := $(LIB_SRC:src/%.c=$(O)/obj/%.o) $(MADE_SRC:$(O)/%.c=$(O)/obj/%.o)
CLI_OBJ := $(CLI_SRC:src/%.c=$(O)/obj/%.o)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT := $(UNIT_SRC:tests/unit/%.c=$(O)/tests/%)

# Completions are made of the program's own tables, by asking it: not where it cannot run.
ifeq ($(CC_FOR_BUILD),$(CC))
COMPLETIONS := $(addprefix $(O)/completions/culprit.,bash zsh fish)
endif

# A real log to show in `make demo`, in the form of corpus cases: headers, empty line, log.
DEMO_CASE := corpus/kasan/slab-out-of-bounds-read-x86

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: pictures FORCE all bench clean counts corpus-counts demo deps check check-all check-unit check-cli check-corpus check-layers check-asan install uninstall bench-policy bench-bisect

all: $(O)/culprit $(O)/libculprit.a $(O)/libculprit.so $(COMPLETIONS)

# Other flags than those of the last time: all is made anew. Warnings change nothing.
FLAGS = $(CC) $(filter-out $(WARNINGS),$(ALL_CFLAGS)) / $(CC_FOR_BUILD) $(CFLAGS_FOR_BUILD)

$(O)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS))' > $@

FORCE:

$(O)/obj/%.o: src/%.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Programs that run while building, and the objects that they are made of: the library's own, or,
# where CC_FOR_BUILD is another compiler, ones made with that.
ifeq ($(CC_FOR_BUILD),$(CC))
HELPER := $(O)/obj
helper_cc = $(CC) $(ALL_CFLAGS)
HELPER_LIBS := $(ALL_LDFLAGS) $(LIBS)
else
HELPER := $(O)/helper
helper_cc = $(CC_FOR_BUILD) -std=gnu11 -D_GNU_SOURCE -pthread $(WARNINGS) -Iinclude -Isrc -DCULPRIT_VERSION='"$(VERSION)"' \
	$(shell $(PKG_CONFIG_FOR_BUILD) --cflags $(PKGS) 2>/dev/null) $(CFLAGS_FOR_BUILD)
HELPER_LIBS := -pthread $(shell $(PKG_CONFIG_FOR_BUILD) --libs $(PKGS) 2>/dev/null) -lm

$(O)/helper/%.o: src/%.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(helper_cc) -MMD -MP -c -o $@ $<

$(O)/helper/%.o: $(O)/%.c
	@mkdir -p $(@D)
	$(Q)$(helper_cc) -MMD -MP -c -o $@ $<
endif

# The patterns are part of the program, in the form that their loader gives them.
PATTERNS := $(sort $(wildcard patterns/*.yaml))
EMBED_OBJ := $(HELPER)/base/base.o $(HELPER)/pattern/yaml.o

$(O)/embed: patterns/embed.c $(EMBED_OBJ)
	$(call say,CC,$<)
	$(Q)$(helper_cc) -MMD -MP -MF $@.d -o $@ $< $(EMBED_OBJ) $(HELPER_LIBS)

$(O)/embedded.c: $(O)/embed $(PATTERNS)
	$(call say,EMBED,$@)
	$(Q)$(O)/embed $(PATTERNS) > $@

# What is rare in console output is counted over logs in which nothing crashed.
BENIGN := $(sort $(wildcard corpus/benign/*))

$(O)/digrams: patterns/digrams.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(helper_cc) -MMD -MP -MF $@.d -o $@ $< $(HELPER_LIBS)

$(O)/digrams.c: $(O)/digrams $(BENIGN)
	$(call say,EMBED,$@)
	$(Q)$(O)/digrams $(BENIGN) > $@

$(MADE_SRC:$(O)/%.c=$(O)/obj/%.o): $(O)/obj/%.o: $(O)/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Where the prefilter looks for their literals takes long to find: it is found here.
PLACES_OBJ := $(EMBED_OBJ) $(HELPER)/embedded.o $(HELPER)/digrams.o $(patsubst src/%.c,$(HELPER)/%.o,$(wildcard src/pattern/regex*.c) \
	src/pattern/glob.c src/pattern/functions.c src/pattern/names.c $(wildcard src/pattern/pattern*.c src/pattern/scan*.c))

$(O)/places: patterns/places.c $(PLACES_OBJ)
	$(call say,CC,$<)
	$(Q)$(helper_cc) -MMD -MP -MF $@.d -o $@ $< $(PLACES_OBJ) $(HELPER_LIBS)

$(O)/places.c: $(O)/places $(BENIGN)
	$(call say,EMBED,$@)
	$(Q)$(O)/places $(BENIGN) > $@

# What a confined program may ask of the kernel (base/sandbox.h), for the machine that is built for.
$(O)/seccomp: src/base/made/seccomp.c src/base/sandbox_filter.h $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(helper_cc) -MMD -MP -MF $@.d -o $@ $< $(HELPER_LIBS) -lseccomp

$(O)/filters.c: $(O)/seccomp
	$(call say,MAKE,$@)
	$(Q)$(O)/seccomp "$$($(CC) -dumpmachine)" > $@

# The rules of the matcher are taken into this object as they are.
$(O)/obj/match/match_rules.o: patterns/match/rules.yaml
# So is the head of the page of reports.
$(O)/obj/cli/output/page.o: $(wildcard src/cli/output/page*.html)

# For our own programs: all of the library, hidden names too.
INTERNAL := $(O)/libinternal.a

$(INTERNAL): $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# For others: one object, whose hidden names nobody else's can clash with.
$(O)/libculprit.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)$(LD) -r -o $(O)/libculprit.o $^ && $(OBJCOPY) --localize-hidden $(O)/libculprit.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(O)/libculprit.o

$(O)/libculprit.so.$(VERSION): $(LIB_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -Wl,--exclude-libs,ALL -Wl,-soname,libculprit.so.$(SOVERSION) -o $@ $^ $(LIB_LIBS)

$(O)/libculprit.so.$(SOVERSION): $(O)/libculprit.so.$(VERSION)
	$(Q)ln -sf $(<F) $@

$(O)/libculprit.so: $(O)/libculprit.so.$(SOVERSION)
	$(Q)ln -sf $(<F) $@

$(O)/culprit: $(CLI_OBJ) $(INTERNAL)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(O)/completions/culprit.%: completions/generate.sh $(O)/culprit
	@mkdir -p $(@D)
	$(call say,MAKE,$@)
	$(Q)completions/generate.sh $(O)/culprit $* > $@

# Unit tests see the commands, too.
$(O)/libcli.a: $(filter-out %/main.o,$(CLI_OBJ))
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/tests/%: tests/unit/%.c $(O)/libcli.a $(INTERNAL)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(shell $(PKG_CONFIG) --cflags check) -MMD -MP -o $@ $< $(UNIT_OBJ) $(O)/libcli.a $(INTERNAL) \
		$(ALL_LDFLAGS) $(LIBS) $(shell $(PKG_CONFIG) --libs check)

# Fails each allocation: buffers and arenas are to make one for each call.
$(O)/tests/base-exact.o: src/base/base.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DALLOCATE_EXACTLY=1 -MMD -MP -c -o $@ $<

$(O)/tests/test_no_memory: UNIT_OBJ := $(O)/tests/base-exact.o
$(O)/tests/test_no_memory: $(O)/tests/base-exact.o

# Benchmarks of single parts. Hyperscan, where it is installed, is only compared with.
HS := $(shell $(PKG_CONFIG) --exists libhs 2>/dev/null && echo yes)

$(O)/bench/%: tests/bench/%.c $(INTERNAL)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(if $(HS),-DHAVE_HYPERSCAN $(shell $(PKG_CONFIG) --cflags libhs)) -MMD -MP -o $@ $< \
		$(INTERNAL) $(ALL_LDFLAGS) $(LIBS) $(if $(HS),$(shell $(PKG_CONFIG) --libs libhs))

# Asks the store, which is the program's.
$(O)/bench/bench-store: tests/bench/bench-store.c $(O)/libcli.a $(INTERNAL)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $< $(O)/libcli.a $(INTERNAL) $(ALL_LDFLAGS) $(LIBS)

$(O)/bench/bench-policy: tests/bench/bench-policy.c tests/bench/policy-world.c tests/bench/policy-reference.c \
		tests/bench/policy-world.h $(INTERNAL)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $(filter %.c,$^) $(INTERNAL) $(ALL_LDFLAGS) $(LIBS)

# SIZE is that of the benign log in MB, the others follow it; CONFORMANCE=DIR adds its cases.
SIZE ?= 500
RUNS ?= 5

bench: $(O)/culprit $(O)/bench/bench-data $(O)/bench/bench-time $(O)/bench/bench-logs $(O)/bench/bench-scan
	@tests/bench/bench.sh $(O) $(SIZE) $(RUNS)

# Simulated worlds through the whole program: make bench-bisect [BENCH_WORLDS=100] [BENCH_COMMITS=8192];
# BENCH_FIRST, BENCH_SETTINGS and BENCH_KEEP in the environment: see tests/bench/bisect.sh.
BENCH_WORLDS ?= 50
BENCH_COMMITS ?= 8192

$(O)/simworld/simworld: tests/simworld/simworld.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -O2 -w -o $@ $< -lm

bench-bisect: $(O)/culprit $(O)/simworld/simworld
	@CULPRIT=$(abspath $(O)/culprit) tests/bench/bisect.sh $(O)/simworld $(BENCH_WORLDS) $(BENCH_COMMITS)

# On demand: simulated worlds whose machines lie; no wrong commit may be named. See tests/lying/check.sh.
WORLDS ?= 200

.PHONY: check-lying
check-lying: $(O)/culprit $(O)/simworld/simworld
	@CULPRIT=$(abspath $(O)/culprit) tests/lying/check.sh $(O)/simworld $(WORLDS)

bench-policy: $(O)/bench/bench-policy
	$(O)/bench/bench-policy $(ARGS)

# The libraries are looked for when make starts, so a second one runs after deps.
pictures: $(O)/culprit
	$(Q)python3 doc/pictures.py $(O)/culprit

demo:
	@tests/deps.sh build
	@$(MAKE) --no-print-directory all
	@echo "\$$ culprit parse < console.log     # the log in $(DEMO_CASE)"
	@sed '1,/^$$/d' $(DEMO_CASE) | $(O)/culprit parse; [ $$? -eq 1 ]

deps:
	@tests/deps.sh check

check:
	@tests/deps.sh check
	@$(MAKE) --no-print-directory check-all

check-all: all $(UNIT) replay
	@tests/run.sh $(O) layers unit cli corpus replay

# Fuzz targets, instrumented as a whole. With CC that is not clang: for AFL, or to run one input.
FUZZ_CC ?= clang
ifneq ($(findstring clang,$(FUZZ_CC)),)
FUZZ_FLAGS := -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
else
FUZZ_FLAGS := -DFUZZ_MAIN
endif

# Compiled once for all targets; libFuzzer's main comes with the target.
FUZZ_OBJ := $(LIB_SRC:src/%.c=$(O)/fuzz/obj/%.o) $(filter-out %/main.o,$(CLI_SRC:src/%.c=$(O)/fuzz/obj/%.o)) \
	$(MADE_SRC:$(O)/%.c=$(O)/fuzz/obj/%.o)
FUZZ_OBJ_FLAGS := $(subst -fsanitize=fuzzer,-fsanitize=fuzzer-no-link,$(FUZZ_FLAGS))

$(O)/fuzz/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)$(FUZZ_CC) $(ALL_CFLAGS) -O1 -g $(FUZZ_OBJ_FLAGS) -MMD -MP -c -o $@ $<

$(O)/fuzz/obj/%.o: $(O)/%.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(ALL_CFLAGS) -O1 -g $(FUZZ_OBJ_FLAGS) -c -o $@ $<

$(O)/fuzz/obj/match/match_rules.o: patterns/match/rules.yaml
$(O)/fuzz/obj/cli/output/page.o: $(wildcard src/cli/output/page*.html)

# An archive: a target that includes a .c file has its functions, and the archive's stay out.
$(O)/fuzz/libfuzzed.a: $(FUZZ_OBJ)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.h $(O)/fuzz/libfuzzed.a
	$(call say,FUZZ,$<)
	$(Q)$(FUZZ_CC) $(ALL_CFLAGS) -O1 -g $(FUZZ_FLAGS) -MMD -MP -o $@ $< $(O)/fuzz/libfuzzed.a $(ALL_LDFLAGS) $(LIBS)

FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ ?= $(FUZZ_TARGETS)
FUZZ_TIME ?= 60

.PHONY: fuzz fuzz-long
fuzz: all $(FUZZ:%=$(O)/fuzz/fuzz_%)
	@bash tests/fuzz/run.sh $(O) $(FUZZ_TIME) $(FUZZ)

# On demand: an hour for each target.
fuzz-long:
	@$(MAKE) --no-print-directory fuzz FUZZ_TIME=3600

# What was found once (tests/fuzz/regressions/TARGET/) is run again by `make check`, without a fuzzer.
REPLAY := $(FUZZ_TARGETS:%=$(O)/replay/fuzz_%)

$(O)/replay/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.h $(O)/libcli.a $(INTERNAL)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -DFUZZ_MAIN -MMD -MP -o $@ $< $(O)/libcli.a $(INTERNAL) $(ALL_LDFLAGS) $(LIBS)

# For whoever has to know what is in it.
.PHONY: sbom
sbom: $(O)/culprit.spdx.json

$(O)/culprit.spdx.json: packaging/sbom.sh $(O)/culprit
	$(call say,MAKE,$@)
	$(Q)packaging/sbom.sh $(abspath $(O)/culprit) $(VERSION) > $@

.PHONY: replay check-replay
replay: $(REPLAY)

check-replay: all replay
	@tests/run.sh $(O) replay

# On demand: what of these rooms the tests run. Objects of its own; counts are kept, and added to: make coverage-clean.
COVERAGE ?= unit cli corpus replay
COVERED ?= input pattern report symbol match

.PHONY: coverage coverage-clean
coverage:
	@$(MAKE) --no-print-directory O=$(O)-cov HARDENING= CPPFLAGS="$(CPPFLAGS) -DCULPRIT_COVERAGE" \
		CFLAGS="-O1 -g --coverage -fprofile-update=atomic" coverage-run

.PHONY: coverage-run
coverage-run: all $(UNIT) replay
	-@tests/run.sh $(O) $(COVERAGE) > $(O)/coverage.log
	@tail -n 1 $(O)/coverage.log
	@tests/coverage.py $(O) $(COVERED)

coverage-clean:
	rm -rf $(O)-cov

# On demand: builds twice.
.PHONY: check-reproducible
check-reproducible:
	@tests/check-reproducible.sh

# On demand: the library against include/libculprit.abi, the last release's.
.PHONY: check-abi abi-update
check-abi: $(O)/libculprit.so
	@tests/check-abi.sh $(O)/libculprit.so

abi-update: $(O)/libculprit.so
	@tests/check-abi.sh $(O)/libculprit.so --update

# On demand: each call of the system fails in turn, in each command and in a bisection.
FAULTS ?= 400
.PHONY: check-faults
check-faults: $(O)/culprit
	@tests/faults/check.sh $(O)/culprit $(FAULTS)
	@tests/faults/bisect.sh $(O)/culprit 1 $(FAULTS)

check-unit: $(UNIT)
	@tests/run.sh $(O) unit

check-cli: all
	@tests/run.sh $(O) cli

# After cases came or went.
counts corpus-counts: $(O)/culprit
	@tests/corpus-counts.sh $(O)/culprit

# On demand: real kernels are built, booted and bisected, in User-mode Linux and QEMU: [PARTS="steady flaky"].
.PHONY: check-slurm check-real tutorial check-symbols
check-real: all
	@tests/real/check.sh $(O) $(PARTS)

# Installs slurm-wlm and munge, starts them on loopback for bisections, stops them; a few minutes.
check-slurm: all
	@CULPRIT=$(abspath $(O))/culprit tests/slurm/check-slurm.sh

# The pages of doc/ are run, and written anew with what came out; half an hour the first time.
tutorial: all
	@tests/real/check.sh $(O) pages

# On demand: a real kernel and its modules, against addr2line and llvm-symbolizer: [VMLINUX=FILE MODULES=DIR].
check-symbols: $(O)/bench/lookup
	@O=$(O) tests/check-symbols.sh $(VMLINUX) $(MODULES)

# On demand: logs that others posted, where they are: [FIELD=DIRECTORY] [VERBOSE=1].
FIELD ?= ../shared/field
.PHONY: check-field
check-field: $(O)/culprit
	@tests/check-field.sh $(O)/culprit $(FIELD)

check-corpus: all
	@tests/run.sh $(O) corpus

# Titles against the community's answers, in figures.
.PHONY: check-conventions
check-conventions: all $(O)/conventions/names
	@tests/check-conventions.sh $(O)

$(O)/conventions/names: tests/conventions/names.c $(O)/libculprit.a
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -o $@ $< $(O)/libculprit.a $(ALL_LDFLAGS) $(LIBS)

check-layers:
	@tests/check-layers.sh -o $(O) $(ROOMS)
	@tests/check-map.sh

check-asan:
	@tests/deps.sh check
	@$(MAKE) --no-print-directory O=$(O)-asan SAN=1 DEV=1 check-all

define PKGCONFIG_FILE
prefix=$(PREFIX)
libdir=$(LIBDIR)
includedir=$(INCLUDEDIR)

Name: culprit
Description: Find and name crash reports in Linux console logs
Version: $(VERSION)
Libs: -L$${libdir} -lculprit
Libs.private: -liberty -ldl -lm -pthread
Requires.private: libpcre2-8 yaml-0.1
Cflags: -I$${includedir}
endef
export PKGCONFIG_FILE

PYTHON := $(wildcard src/python/culprit/*.py) src/python/culprit/py.typed
RUNNERS := $(addprefix src/runners/,qemu uml virtme ssh syzkaller kbuild)
MAN7 := $(wildcard man/*.7)
MAN1 := $(wildcard man/*.1)
MAN3 := $(wildcard man/*.3)
MAN5 := $(wildcard man/*.5)
SCHEMAS := $(wildcard include/*.schema.json)

BASH_COMPLETION := $(DATADIR)/bash-completion/completions/culprit
ZSH_COMPLETION := $(DATADIR)/zsh/site-functions/_culprit
FISH_COMPLETION := $(DATADIR)/fish/vendor_completions.d/culprit.fish

install: all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR) \
		$(DESTDIR)$(DATADIR)/culprit/runners/templates $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 \
		$(DESTDIR)$(DATADIR)/doc/culprit/examples \
		$(DESTDIR)$(MANDIR)/man3 $(DESTDIR)$(MANDIR)/man7
	$(INSTALL) -m 755 $(O)/culprit $(DESTDIR)$(BINDIR)/
	$(INSTALL) -m 644 $(O)/libculprit.a $(O)/libculprit.so.$(VERSION) $(DESTDIR)$(LIBDIR)/
	ln -sf libculprit.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libculprit.so.$(SOVERSION)
	ln -sf libculprit.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libculprit.so
	$(INSTALL) -m 644 include/culprit.h $(DESTDIR)$(INCLUDEDIR)/
	printf '%s\n' "$$PKGCONFIG_FILE" > $(DESTDIR)$(LIBDIR)/pkgconfig/culprit.pc
	$(INSTALL) -m 644 $(SCHEMAS) $(DESTDIR)$(DATADIR)/culprit/
	$(INSTALL) -d $(DESTDIR)$(DATADIR)/culprit/patterns/match
	$(INSTALL) -m 644 $(PATTERNS) $(DESTDIR)$(DATADIR)/culprit/patterns/
	$(INSTALL) -m 644 patterns/match/rules.yaml $(DESTDIR)$(DATADIR)/culprit/patterns/match/
	$(INSTALL) -m 644 $(wildcard examples/*.c) $(DESTDIR)$(DATADIR)/doc/culprit/examples/
	$(INSTALL) -m 644 $(wildcard doc/*.md) doc/console.log $(DESTDIR)$(DATADIR)/doc/culprit/
	$(if $(COMPLETIONS),$(INSTALL) -D -m 644 $(O)/completions/culprit.bash $(DESTDIR)$(BASH_COMPLETION))
	$(if $(COMPLETIONS),$(INSTALL) -D -m 644 $(O)/completions/culprit.zsh $(DESTDIR)$(ZSH_COMPLETION))
	$(if $(COMPLETIONS),$(INSTALL) -D -m 644 $(O)/completions/culprit.fish $(DESTDIR)$(FISH_COMPLETION))
	$(INSTALL) -m 755 $(RUNNERS) $(DESTDIR)$(DATADIR)/culprit/runners/
	$(INSTALL) -m 644 src/runners/culprit_runner.py $(DESTDIR)$(DATADIR)/culprit/runners/
	$(INSTALL) -m 644 $(wildcard src/runners/templates/*) $(DESTDIR)$(DATADIR)/culprit/runners/templates/
	$(if $(PYTHONDIR),$(INSTALL) -d $(DESTDIR)$(PYTHONDIR)/culprit)
	$(if $(PYTHONDIR),$(INSTALL) -m 644 $(PYTHON) $(DESTDIR)$(PYTHONDIR)/culprit/)
	$(if $(MAN1),$(INSTALL) -m 644 $(MAN1) $(DESTDIR)$(MANDIR)/man1/)
	$(if $(MAN3),$(INSTALL) -m 644 $(MAN3) $(DESTDIR)$(MANDIR)/man3/)
	$(if $(MAN5),$(INSTALL) -m 644 $(MAN5) $(DESTDIR)$(MANDIR)/man5/)
	$(if $(MAN7),$(INSTALL) -m 644 $(MAN7) $(DESTDIR)$(MANDIR)/man7/)

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/culprit $(DESTDIR)$(LIBDIR)/libculprit.a $(DESTDIR)$(LIBDIR)/libculprit.so* \
		$(DESTDIR)$(INCLUDEDIR)/culprit.h $(DESTDIR)$(LIBDIR)/pkgconfig/culprit.pc \
		$(addprefix $(DESTDIR)$(DATADIR)/culprit/,$(notdir $(SCHEMAS))) \
		$(addprefix $(DESTDIR)$(MANDIR)/man1/,$(notdir $(MAN1))) \
		$(addprefix $(DESTDIR)$(MANDIR)/man3/,$(notdir $(MAN3))) \
		$(addprefix $(DESTDIR)$(MANDIR)/man5/,$(notdir $(MAN5))) \
		$(addprefix $(DESTDIR)$(MANDIR)/man7/,$(notdir $(MAN7)))
	$(if $(PYTHONDIR),rm -rf $(DESTDIR)$(PYTHONDIR)/culprit)
	rm -rf $(DESTDIR)$(DATADIR)/culprit/runners $(DESTDIR)$(DATADIR)/culprit/patterns
	rm -rf $(DESTDIR)$(DATADIR)/doc/culprit
	rm -f $(DESTDIR)$(BASH_COMPLETION) $(DESTDIR)$(ZSH_COMPLETION) $(DESTDIR)$(FISH_COMPLETION)
	-rmdir $(DESTDIR)$(DATADIR)/culprit 2>/dev/null

# Built in a copy, as an unpacked source package: git's files as they are now, with packaging/debian as debian.
DEB := $(O)/deb/culprit-$(VERSION)

.PHONY: deb
deb:
	rm -rf $(O)/deb && mkdir -p $(DEB)
	git ls-files -z | xargs -0 cp --parents -t $(DEB)
	tar -C $(O)/deb --sort=name --owner=0 --group=0 --mtime=@$$(git log -1 --format=%ct) --exclude=$(notdir $(DEB))/packaging/debian \
		-cJf $(O)/deb/culprit_$(VERSION).orig.tar.xz $(notdir $(DEB))
	mv $(DEB)/packaging/debian $(DEB)/debian
	cd $(DEB) && dpkg-buildpackage -us -uc $(DEB_FLAGS)

clean:
	rm -rf $(O) $(O)-asan $(O)-cov

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(UNIT:=.d) $(REPLAY:=.d) $(FUZZ_OBJ:.o=.d) $(wildcard $(O)/fuzz/fuzz_*.d) $(wildcard $(O)/*.d $(O)/bench/*.d) \
	$(PLACES_OBJ:.o=.d)
