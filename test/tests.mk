# tests.mk -- what `make check` runs. A test is a file; nothing has to be listed.
#
#     make check            everything
#     make check T=ring     test/unit/ring_test.c, N=NAME: only its case of this name
#     make check T=e2e/api  test/e2e/api.sh

TEST_LIBS := -lcheck -lsubunit -lm -lrt -lpthread -lunwind-x86_64 -lunwind -lprotobuf-c -lcjson -lcurl \
             -lz -llzma -liberty -ldeflate -lzstd -lmicrohttpd -lnettle -lpcre2-8 -lsqlite3
UNIT      := $(patsubst test/unit/%_test.c,%,$(wildcard test/unit/*_test.c)) \
             $(patsubst test/unit/%_test.cc,%,$(wildcard test/unit/*_test.cc))
# ASan cannot follow a copy of other functions' frames taken in the middle of a throw.
UNIT      := $(filter-out $(if $(filter asan,$(VARIANT)),unwind_exceptions),$(UNIT))
E2E       := $(patsubst test/e2e/%.sh,%,$(wildcard test/e2e/*.sh))
FUZZERS   := $(patsubst test/fuzz/%_fuzz.c,%,$(wildcard test/fuzz/*_fuzz.c))
FIXTURES  := $(patsubst test/fixture/%.c,$(B)/fixture/%,$(wildcard test/fixture/*.c)) \
             $(patsubst test/fixture/%.cc,$(B)/fixture/%,$(wildcard test/fixture/*.cc))

# How a fixture is to be compiled stands in its first lines: "/* cflags: ... */".
fixture_flags = $(shell sed -n '1,5s|.*cflags: \(.*\) \*/|\1|p' $(1))

$(B)/test/%: $(B)/native/test/unit/%_test.o $(B)/native.a
	$(SAY) LINK $@
	$(Q)mkdir -p $(@D) && $(NATIVE_CC) $(OPT_$(VARIANT)) -o $@ $^ $(TEST_LIBS) \
		$(shell sed -n 's|.*ldflags: \(.*\) \*/|\1|p' test/unit/$*_test.c)

# libgcc_s before libunwind, which has an _Unwind_RaiseException of its own.
$(B)/test/%: test/unit/%_test.cc $(B)/native.a
	$(SAY) LINK $@
	$(Q)mkdir -p $(@D) && $(CXX) -O2 -g -I. $(filter-out -O%,$(OPT_$(VARIANT))) -o $@ $^ -lgcc_s $(TEST_LIBS)

$(B)/fixture/%: test/fixture/%.c
	$(SAY) FIXTURE $@
	$(Q)mkdir -p $(@D) && $(CC) -g -D_GNU_SOURCE -I. $< -o $@ $(call fixture_flags,$<) -lpthread

$(B)/fixture/%: test/fixture/%.cc
	$(SAY) FIXTURE $@
	$(Q)mkdir -p $(@D) && $(CXX) -g -I. $< -o $@ $(call fixture_flags,$<) -lpthread

$(B)/fuzz/%: test/fuzz/%_fuzz.c $(B)/native.a
	$(SAY) FUZZER $@
	$(Q)mkdir -p $(@D) && $(CLANG) $(BASE) -MMD -MP -MF $@.d -MT $@ -fsanitize=address,undefined,fuzzer \
		-O1 $< $(B)/native.a -o $@ $(TEST_LIBS)

run-unit-%: $(B)/test/%
	@printf '  %-8s %s\n' UNIT $*
	$(Q)$(if $(N),CK_RUN_CASE=$(N)) CK_VERBOSITY=normal CK_DEFAULT_TIMEOUT=60 scripts/run-test $(B)/test/$*.log $<

run-e2e-%: all $(FIXTURES)
	@printf '  %-8s %s\n' E2E $*
	$(Q)scripts/run-test $(B)/test/e2e-$*.log test/e2e/$*.sh

run-e2e-filters: $(B)/harm/under_filter

run-corpus-%: $(B)/fuzz/%
	@printf '  %-8s %s\n' CORPUS $*
	$(Q)scripts/run-test $(B)/fuzz/$*.log $< -runs=0 test/fuzz/corpus/$*

# Progress on long steps; two at a time where tests do not measure.
check-unit: $(UNIT:%=run-unit-%)
check-e2e: $(E2E:%=run-e2e-%)
check-corpora: $(FUZZERS:%=run-corpus-%)

STEP := @printf '%s: %s\n' check
SUB  := $(Q)$(MAKE) --no-print-directory

ifdef T
check: $(if $(filter e2e/%,$(T)),$(T:e2e/%=run-e2e-%),run-unit-$(T))
else
check:
	$(Q)mkdir -p build && : > build/passed
	$(STEP) "packages and libraries"
	$(Q)scripts/deps check
	$(STEP) "the library and the programs"
	$(SUB) -j2 all
	$(STEP) "the rules of the house"
	$(SUB) lint
	$(STEP) "unit tests ($(words $(UNIT)))"
	$(SUB) -j2 check-unit
	$(STEP) "unit tests under ASan and UBSan"
	$(SUB) -j2 VARIANT=asan check-unit
	$(STEP) "unit tests with threads under TSan"
	$(SUB) -j2 VARIANT=tsan run-unit-ring run-unit-thread run-unit-live run-unit-range run-unit-crowd \
		run-unit-local_store run-unit-clients run-unit-dictionary run-unit-merge
	$(STEP) "corpora of the fuzzers ($(words $(FUZZERS)))"
	$(SUB) -j2 VARIANT=fuzz check-corpora
	$(STEP) "real programs ($(words $(E2E)) scenarios)"
	$(SUB) check-e2e
	$(STEP) "harm: every P0 row, one cell"
	$(SUB) harm-quick
	$(STEP) "a failure of each system call of the library"
	$(SUB) run-inject
	@echo "$$(wc -l < build/passed) passed, 0 failed"
endif

# ---- the rules of the house ------------------------------------------------------------------------

C_FILES := $(wildcard */*.c */*.h test/*/*.c test/*/*.h)

SHELL_FILES := $(filter-out %.1 %.d %.service scripts/bench,$(wildcard scripts/*)) $(wildcard scripts/deps.d/*.sh test/e2e/*.sh) .ci/run

lint: all
	@printf '  %-8s %s\n' LINT "layers, exports, signal safety, options, format, clang-tidy"
	$(Q)scripts/run-test build/lint/layers.log scripts/check-layers
	$(Q)scripts/run-test build/lint/exports.log scripts/check-exports build/libconprof.so
	$(Q)scripts/run-test build/lint/cold.log scripts/check-cold build/release/cold.o
	$(SUB) VARIANT=debug check-sigsafe
	$(Q)scripts/run-test build/lint/options.log scripts/check-options
	$(Q)scripts/run-test build/lint/collector-options.log scripts/check-collector-options
	$(Q)scripts/run-test build/lint/shell.log shellcheck -x -P SCRIPTDIR $(SHELL_FILES)
	$(Q)scripts/run-test build/lint/format.log clang-format --dry-run --Werror $(C_FILES)
	$(Q)scripts/tidy $(C_FILES)

check-sigsafe: $(SIGNAL:%=$(B)/hot/core/%.o)
	$(Q)scripts/run-test build/lint/sigsafe.log scripts/check-sigsafe $^

.PHONY: check-unit check-e2e check-corpora check-sigsafe
