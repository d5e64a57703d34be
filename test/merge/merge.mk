# SPDX-License-Identifier: Apache-2.0
# merge.mk -- what conprofd makes of profiles, beside what google/pprof makes of them.
#
#     make merge-pairs             500 random pairs; PAIRS=N, FIRST=N for others
#     make merge-figures           what parsing, records and merging cost; FILES=... for your own
#
# `make check` runs the same on fewer, as test/e2e/merge.sh.

MERGE      := $(B)/merge
MERGE_TOOL := $(patsubst test/merge/%.c,$(MERGE)/%,$(filter-out test/merge/random_pprof.c, \
              $(wildcard test/merge/*.c)))
PAIRS      ?= 500
FIRST      ?= 1

$(MERGE)/%: $(B)/native/test/merge/%.o $(B)/native/test/merge/random_pprof.o $(B)/native.a
	$(SAY) LINK $@
	$(Q)mkdir -p $(@D) && $(NATIVE_CC) $(OPT_$(VARIANT)) -o $@ $^ $(TEST_LIBS)

run-e2e-merge: $(MERGE_TOOL)

merge-pairs: all $(MERGE_TOOL) $(FIXTURES)
	$(Q)PAIRS=$(PAIRS) FIRST=$(FIRST) test/e2e/merge.sh

.PHONY: merge-pairs merge-figures

# Tests that want random profiles.
$(B)/test/record $(B)/test/merge: $(B)/native/test/merge/random_pprof.o
