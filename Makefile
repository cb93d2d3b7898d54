# SPDX-License-Identifier: LGPL-2.1-or-later
#
# make              build/culprit, build/libculprit.a and .so
# make demo         install what is missing, build, show a real log
# make check        install what is missing, build, run all tests
# make check-asan   the same tests with the address and undefined-behaviour sanitizers
# make check-layers who includes whom
# make bench-policy the bisection policy alone, over simulated worlds (ARGS="worlds=1000 seed=1")
# make install      PREFIX=/usr/local DESTDIR=
#
# V=1 shows the commands, DEV=1 makes warnings fatal, O=dir builds elsewhere.

VERSION := 0.1.0
SOVERSION := 0

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man

CC ?= cc
AR ?= ar
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

# Libraries that the program is linked with. libarchive, libdw and capstone are
# opened when first needed (src/ground/dynlib.h): only their headers are used.
PKGS := libpcre2-8 jansson yaml-0.1
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)

ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -fPIC -fvisibility=hidden -pthread $(WARNINGS) $(SANFLAGS) \
	-Iinclude -Isrc $(PKG_CFLAGS) -DCULPRIT_VERSION='"$(VERSION)"' -DCULPRIT_DATADIR='"$(DATADIR)/culprit"' $(CFLAGS)
ALL_LDFLAGS := -pthread $(SANFLAGS) $(LDFLAGS)
LIBS := $(PKG_LIBS) -ldl -lm

# A folder of src/ is a layer; lower ones come first.
LAYERS := ground readers meaning search
LIB_SRC := $(foreach l,$(LAYERS),$(wildcard src/$(l)/*.c))
EDGE_SRC := $(wildcard src/edges/*.c)
LIB_OBJ := $(LIB_SRC:src/%.c=$(O)/obj/%.o)
EDGE_OBJ := $(EDGE_SRC:src/%.c=$(O)/obj/%.o)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT := $(UNIT_SRC:tests/unit/%.c=$(O)/tests/%)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all clean bench-policy check check-unit check-layers check-asan

all: $(O)/culprit $(O)/libculprit.a

$(O)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/libculprit.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/culprit: $(EDGE_OBJ) $(O)/libculprit.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(O)/tests/%: tests/unit/%.c $(O)/libculprit.a
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(shell $(PKG_CONFIG) --cflags check) -MMD -MP -o $@ $< $(O)/libculprit.a \
		$(ALL_LDFLAGS) $(LIBS) $(shell $(PKG_CONFIG) --libs check)

$(O)/bench-policy: tests/bench/bench-policy.c $(O)/libculprit.a
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -o $@ $< $(O)/libculprit.a $(ALL_LDFLAGS) $(LIBS)

bench-policy: $(O)/bench-policy
	$(O)/bench-policy $(ARGS)

check-unit: $(UNIT)
	@set -e; for t in $(UNIT); do $$t; done

check-layers:
	@tests/check-layers.sh

check: check-layers check-unit

check-asan:
	$(MAKE) O=$(O)-asan SAN=1 DEV=1 check-unit

clean:
	rm -rf $(O) $(O)-asan

-include $(O)/bench-policy.d $(LIB_OBJ:.o=.d) $(EDGE_OBJ:.o=.d) $(UNIT:=.d)
