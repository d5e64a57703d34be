# SPDX-License-Identifier: Apache-2.0
# store.mk -- conprofd with a data directory as large as a real one.
#
#     make store-scale             10 GB and a million profiles in 5 days: what starting, asking and
#                                  dropping a day cost; STORE=DIRECTORY, DAYS=N, PROFILES=N of a day,
#                                  BYTES=N of a profile

SHELL_FILES += test/store/scale.sh

STORE    ?= build/store-scale
DAYS     ?= 5
PROFILES ?= 200000
BYTES    ?= 10000

$(B)/store/%: $(B)/native/test/store/%.o $(B)/native.a
	$(SAY) LINK $@
	$(Q)mkdir -p $(@D) && $(NATIVE_CC) $(OPT_$(VARIANT)) -o $@ $^ $(TEST_LIBS)

store-scale: all $(B)/store/fill_store
	$(Q)rm -rf $(STORE) && mkdir -p $(STORE)
	$(Q)$(B)/store/fill_store $(STORE) $(DAYS) $(PROFILES) $(BYTES)
	$(Q)STORE=$(STORE) test/store/scale.sh

.PHONY: store-scale
