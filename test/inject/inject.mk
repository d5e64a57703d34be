# SPDX-License-Identifier: Apache-2.0
# inject.mk -- each system call of the library fails once: make inject [DEPTH=quick|ways|all]

DEPTH    ?= all
INJECTED := $(B)/inject/inject $(B)/inject/host

$(B)/inject/%: test/inject/%.c $(B)/flags
	$(SAY) CC $@
	$(Q)mkdir -p $(@D) && $(CC) $(BASE) -O2 $< -o $@ -pthread

inject: all $(INJECTED)
	$(Q)python3 test/inject/inject.py $(DEPTH) --bin $(B)/inject

run-inject: all $(INJECTED)
	@printf '  %-8s %s\n' INJECT "a failure of each system call of the library"
	$(Q)scripts/run-test $(B)/test/inject.log python3 test/inject/inject.py quick --bin $(B)/inject

.PHONY: inject run-inject
