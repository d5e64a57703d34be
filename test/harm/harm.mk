# SPDX-License-Identifier: Apache-2.0
# harm.mk -- programs run without and with the library; whatever they notice is a failure.
#
#     make harm                    every row in every cell
#     make harm T=NAME             one row, or those that a glob matches
#     make harm CELLS=timer/up/amplified,perf/refused/default
#     make harm-quick              every P0 row in one cell, as `make check` does
#
# How a row is compiled stands in its first comment; so does, in that of a library in lib/ or of a
# program in helper/, how these are.

HARM      := $(B)/harm
NAIVE_C   := test/harm/naive.c test/harm/naive_malloc.c
HARM_ROWS := $(patsubst test/harm/%.c,$(HARM)/%,$(filter-out $(NAIVE_C),$(wildcard test/harm/*.c))) \
             $(patsubst test/harm/%.cc,$(HARM)/%,$(wildcard test/harm/*.cc)) \
             $(patsubst test/harm/helper/%.c,$(HARM)/%,$(wildcard test/harm/helper/*.c)) \
             $(patsubst test/harm/lib/%.c,$(HARM)/lib/%.so,$(wildcard test/harm/lib/*.c)) \
             $(patsubst test/harm/lib/%.cc,$(HARM)/lib/%.so,$(wildcard test/harm/lib/*.cc)) \
             $(HARM)/lib/naive.so $(HARM)/lib/naive_tls.so
HARM_H    := $(wildcard test/harm/*.h)

C_FILES     += $(wildcard test/harm/*/*.c)
SHELL_FILES += $(wildcard test/harm/*.sh)

harm_tag   = $(shell sed -n '1,30s/^[ *]*$(2): *//p' $(1))
harm_flags = $(or $(call harm_tag,$(1),flags),$(2))
harm_cc    = $(or $(call harm_tag,$(1),compiler),$(3)) -g -D_GNU_SOURCE -Wall $(1) -o $(2)

$(HARM)/lib/naive_tls.so: NAIVE := -DNAIVE_TLS=32768
$(HARM)/lib/naive.so $(HARM)/lib/naive_tls.so: $(NAIVE_C) test/harm/naive.h
	$(SAY) NAIVE $@
	$(Q)mkdir -p $(@D) && $(CC) -O2 -g -D_GNU_SOURCE -Wall -shared -fPIC $(NAIVE) $(NAIVE_C) -o $@ -pthread

$(HARM)/lib/%.so: test/harm/lib/%.c $(HARM_H)
	$(SAY) HARM $@
	$(Q)mkdir -p $(@D) && $(call harm_cc,$<,$@,$(CC)) -shared -fPIC $(call harm_flags,$<,-O2 -pthread)

$(HARM)/lib/%.so: test/harm/lib/%.cc $(HARM_H)
	$(SAY) HARM $@
	$(Q)mkdir -p $(@D) && $(call harm_cc,$<,$@,$(CXX)) -shared -fPIC $(call harm_flags,$<,-O2 -pthread)

$(HARM)/%: test/harm/helper/%.c $(HARM_H)
	$(SAY) HARM $@
	$(Q)mkdir -p $(@D) && $(call harm_cc,$<,$@,$(CC)) $(call harm_flags,$<,-O2 -pthread)

$(HARM)/%: test/harm/%.c $(HARM_H)
	$(SAY) HARM $@
	$(Q)mkdir -p $(@D) && $(call harm_cc,$<,$@,$(CC)) $(call harm_flags,$<,-O2 -pthread)

$(HARM)/%: test/harm/%.cc $(HARM_H)
	$(SAY) HARM $@
	$(Q)mkdir -p $(@D) && $(call harm_cc,$<,$@,$(CXX)) $(call harm_flags,$<,-O2 -pthread)

harm: all $(HARM_ROWS)
	$(Q)test/harm/harm.py --binaries $(HARM) $(if $(T),--rows '$(T)') $(if $(CELLS),--cells $(CELLS))

harm-quick: all $(HARM_ROWS)
	$(Q)test/harm/harm.py --binaries $(HARM) --quick && echo harm >>build/passed

.PHONY: harm harm-quick
