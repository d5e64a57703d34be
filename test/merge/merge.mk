# SPDX-License-Identifier: Apache-2.0
# merge.mk -- what conprofd makes of profiles, beside what google/pprof makes of them.
#
#     make merge-pairs             500 random pairs; PAIRS=N, FIRST=N for others
#     make merge-figures           what it costs to take in, keep and merge 1000 profiles of a Go
#                                  program in 50 runs; RUNS=N for fewer
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

RUNS       ?= 50
CHURN      := build/churn

# Two at a time; it is quiet while it is measured.
$(CHURN)/done: test/merge/churn.go
	$(Q)rm -rf $(CHURN) && mkdir -p $(CHURN)/cpu $(CHURN)/heap
	$(Q)GOCACHE=$(CURDIR)/build/go go build -buildmode=pie -o $(CHURN)/churn $<
	$(Q)seq $(RUNS) | GOMAXPROCS=1 xargs -P 2 -I{} $(CHURN)/churn $(CHURN) {} 20
	$(Q)touch $@

merge-figures: $(MERGE)/figures $(CHURN)/done
	$(Q)for kind in cpu heap; do echo "$$kind"; $(MERGE)/figures $(CHURN)/$$kind/*; done

.PHONY: merge-pairs merge-figures

# Tests that want random profiles.
$(B)/test/record $(B)/test/merge $(B)/test/calls $(B)/test/rollup $(B)/test/rollup_store: \
	$(B)/native/test/merge/random_pprof.o
