# SPDX-License-Identifier: Apache-2.0
#
#     make                 build/libconprof.so, build/conprof, build/conprofd
#     make demo            profiles a real program and shows the result
#     make check           all tests; T=ring one of them, T=e2e/agent one scenario
#     make install         DESTDIR=, prefix=; make uninstall
#     V=1 shows commands, VARIANT=debug|asan|tsan|fuzz builds beside release, WERROR=1 is for CI
#
# The library is linked from two halves. The hot one is what the application's threads run; it
# calls the host's C library, and little of it. The cold one is what the worker runs; it brings its
# own C library, is closed by cold.o, and knows of the host only what the hot half offers.

VERSION := 0.1.0
VARIANT ?= release
B       := build/$(VARIANT)
DEPS    := build/deps
prefix  ?= /usr/local
bindir  ?= $(prefix)/bin
libdir  ?= $(prefix)/lib
incdir  ?= $(prefix)/include
mandir  ?= $(prefix)/share/man
unitdir ?= $(prefix)/lib/systemd/system

ifeq ($(filter $(VARIANT),release debug asan tsan fuzz),)
$(error VARIANT is one of release debug asan tsan fuzz)
endif
ifneq ($(V),1)
Q := @
SAY = @printf '  %-8s %s\n'
else
SAY = @:
endif

ifeq ($(origin CC),default)
CC    := gcc
endif
CLANG ?= clang

WARN := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wundef -Wshadow -Wpointer-arith
WARN += $(if $(WERROR),-Werror)
BASE := -std=c11 -D_GNU_SOURCE -DCONPROF_VERSION='"$(VERSION)"' -I. -Ibuild/gen $(WARN) -g

# ---- the library ---------------------------------------------------------------------------------

OPT_release := -O2
OPT_debug   := -O0
OPT_asan    := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
OPT_tsan    := -O1 -fno-omit-frame-pointer -fsanitize=thread
OPT_fuzz    := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link
SAN         := $(filter asan tsan fuzz,$(VARIANT))
LIB_OPT     := $(if $(SAN),-O2,$(OPT_$(VARIANT)))

GCC_INCLUDE := $(shell $(CC) -print-file-name=include 2>/dev/null)
OWN := -nostdinc -isystem $(DEPS)/include -isystem $(GCC_INCLUDE) -fPIC -fvisibility=hidden \
       -ftls-model=initial-exec -fno-stack-protector -U_FORTIFY_SOURCE -ffunction-sections -fno-plt
MUSL_INTERNAL := $(addprefix -isystem $(DEPS)/musl-internal/,arch/x86_64 arch/generic obj/src/internal \
       src/include src/internal obj/include include)

HOT_CORE := arch birth capture config config_read config_set config_show cpu disposition filter heap live log \
            procfile profiler range resident retreat ring state thread
SIGNAL   := arch birth capture cpu disposition heap live log procfile range resident retreat ring state thread
HOT      := $(wildcard preload/*.c) $(HOT_CORE:%=core/%.c)
COLD     := $(filter-out $(HOT),$(wildcard core/*.c)) $(wildcard encoder/*.c transport/*.c)
PROTO    := build/gen/encoder/profile.pb-c
HOT_O    := $(HOT:%.c=$(B)/hot/%.o)
COLD_O   := $(COLD:%.c=$(B)/cold/%.o) $(B)/cold/$(PROTO:build/gen/%=%).o
COLD_LIBS := $(addprefix $(DEPS)/lib/lib,$(addsuffix .a,curl mbedtls cares protobuf-c cjson z lzma \
             unwind-x86_64 iberty c))
COLD_DOORS := worker_main ownlibc_begin

all: build/libconprof.so build/conprof build/conprofd

build/libconprof.so: build/release/libconprof.so
	$(SAY) COPY $@
	$(Q)cp $< $@

$(DEPS)/stamp: scripts/deps
	$(Q)scripts/deps

build/gen/%.pb-c.c build/gen/%.pb-c.h &: %.proto
	$(SAY) PROTO $<
	$(Q)mkdir -p build/gen && protoc-c --c_out=build/gen $<

$(B)/hot/%.o: %.c $(B)/flags | $(DEPS)/stamp $(PROTO).h
	$(SAY) HOT $<
	$(Q)mkdir -p $(@D) && $(CC) $(BASE) $(OWN) $(LIB_OPT) -MMD -MP -c $< -o $@

$(B)/cold/core/ownlibc.o: BASE := -std=c11 -D_GNU_SOURCE $(MUSL_INTERNAL) -I. $(WARN) -g
$(B)/cold/core/ownlibc.o: WARN := -Wall -Wextra -Wno-unused-parameter

$(B)/cold/%.o: %.c $(B)/flags | $(DEPS)/stamp $(PROTO).h
	$(SAY) COLD $<
	$(Q)mkdir -p $(@D) && $(CC) $(BASE) $(OWN) $(LIB_OPT) -MMD -MP -c $< -o $@

$(B)/cold/%.pb-c.o: build/gen/%.pb-c.c $(B)/flags | $(DEPS)/stamp
	$(SAY) COLD $<
	$(Q)mkdir -p $(@D) && $(CC) $(BASE) -w $(OWN) $(LIB_OPT) -c $< -o $@

$(B)/cold.o: $(COLD_O) core/cold.lds $(COLD_LIBS)
	$(SAY) CLOSE $@
	$(Q)$(LD) -r --gc-sections $(COLD_DOORS:%=-u %) -e worker_main -T core/cold.lds -o $@.open \
		$(COLD_O) --start-group $(COLD_LIBS) $$($(CC) -print-libgcc-file-name) --end-group
	$(Q)objcopy $(COLD_DOORS:%=--keep-global-symbol=%) $@.open $@ && rm $@.open

$(COLD_LIBS): | $(DEPS)/stamp

$(B)/libconprof.so: $(HOT_O) $(B)/cold.o preload/libconprof.map
	$(SAY) LINK $@
	$(Q)$(CC) -shared -nostdlib -o $@ $(HOT_O) $(B)/cold.o -Wl,--version-script=preload/libconprof.map \
		-Wl,-z,defs,-z,noseparate-code,-z,relro,-z,now,-z,nodelete,-z,text,-z,noexecstack,--gc-sections,--as-needed \
		-Wl,--hash-style=both,--build-id=sha1 -lc

# A changed compiler or flag rebuilds everything.
FLAGS := $(CC) $(BASE) $(OWN) $(LIB_OPT) $(OPT_$(VARIANT))
$(B)/flags: force
	$(Q)mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS))' > $@

# ---- the programs ----------------------------------------------------------------------------------

build/conprof: scripts/conprof Makefile
	$(SAY) SCRIPT $@
	$(Q)mkdir -p build && sed 's/@VERSION@/$(VERSION)/g' $< > $@ && chmod +x $@

# The same sources as an ordinary program sees them: for conprofd, the tests and the fuzzers.
NATIVE_CC  := $(if $(filter fuzz,$(VARIANT)),$(CLANG),$(CC))
NATIVE     := $(filter-out core/ownlibc.c core/birth.c preload/%,$(HOT) $(COLD))
NATIVE_O   := $(NATIVE:%.c=$(B)/native/%.o) $(B)/native/$(PROTO:build/gen/%=%).o
COLLECTOR_O := $(patsubst %.c,$(B)/native/%.o,$(wildcard collector/*.c))

$(B)/native/%.o: %.c $(B)/flags | $(PROTO).h
	$(SAY) CC $<
	$(Q)mkdir -p $(@D) && $(NATIVE_CC) $(BASE) $(OPT_$(VARIANT)) -MMD -MP -c $< -o $@

$(B)/native/%.pb-c.o: build/gen/%.pb-c.c $(B)/flags
	$(SAY) CC $<
	$(Q)mkdir -p $(@D) && $(NATIVE_CC) $(BASE) -w $(OPT_$(VARIANT)) -c $< -o $@

$(B)/native.a: $(NATIVE_O) $(filter-out %/main.o,$(COLLECTOR_O))
	$(SAY) AR $@
	$(Q)rm -f $@ && ar rcs $@ $^

build/conprofd: build/release/conprofd
	$(SAY) COPY $@
	$(Q)cp --remove-destination $< $@

$(B)/conprofd: $(COLLECTOR_O) $(patsubst %,$(B)/native/encoder/%.o,gzip intern utf8)
	$(SAY) LINK $@
	$(Q)$(NATIVE_CC) $(OPT_$(VARIANT)) -o $@ $^ -lz -ldeflate -lzstd -lmicrohttpd -lnettle -lpcre2-8 -lsqlite3 -lcjson -lpthread

# ---- tests -----------------------------------------------------------------------------------------

include test/tests.mk
include test/harm/harm.mk
include test/fleet/fleet.mk
include test/soak/soak.mk
include test/inject/inject.mk
include test/systems/systems.mk
include test/merge/merge.mk
include test/oracle/oracle.mk
include test/store/store.mk

demo:
	$(Q)scripts/deps demo
	$(Q)$(MAKE) --no-print-directory all
	$(Q)scripts/demo

bench: all
	$(Q)scripts/bench

# PROFEFE=PATH compares with the real one, see test/oracle/oracle.mk.
bench-collector: all build/bench/upload $(B)/store/fill_store $(CHURN)/done
	$(Q)python3 test/bench/collector.py --profefe "$(PROFEFE)"

build/bench/upload: test/bench/upload.c
	$(Q)mkdir -p $(@D) && $(NATIVE_CC) $(BASE) -O2 -o $@ $< -pthread

# ---- installation ----------------------------------------------------------------------------------

install: all
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir) $(DESTDIR)$(incdir) $(DESTDIR)$(mandir)/man1 \
		$(DESTDIR)$(unitdir)
	install -m 644 build/libconprof.so $(DESTDIR)$(libdir)/libconprof.so
	install -m 755 build/conprof build/conprofd $(DESTDIR)$(bindir)/
	install -m 644 preload/conprof.h $(DESTDIR)$(incdir)/conprof.h
	install -m 644 scripts/conprof.1 scripts/conprofd.1 $(DESTDIR)$(mandir)/man1/
	sed 's|/usr/local/bin|$(bindir)|' scripts/conprofd.service >$(DESTDIR)$(unitdir)/conprofd.service

uninstall:
	rm -f $(DESTDIR)$(libdir)/libconprof.so $(DESTDIR)$(bindir)/conprof $(DESTDIR)$(bindir)/conprofd \
		$(DESTDIR)$(incdir)/conprof.h $(DESTDIR)$(mandir)/man1/conprof.1 $(DESTDIR)$(mandir)/man1/conprofd.1 \
		$(DESTDIR)$(unitdir)/conprofd.service

clean:
	rm -rf build/release build/debug build/asan build/tsan build/fuzz build/gen build/conprof* build/lib*

distclean:
	rm -rf build

force:
.PHONY: all demo check lint bench bench-collector install uninstall clean distclean force
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
