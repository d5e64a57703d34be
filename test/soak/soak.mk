# SPDX-License-Identifier: Apache-2.0
# soak.mk -- servers for hours, with the library and without: make soak [SECONDS=7200] [OUT=DIR]

SECONDS ?= 7200
OUT     ?= build/soak

soak: all
	$(Q)nice -n 10 python3 test/soak/soak.py --seconds $(SECONDS) --out $(OUT)

.PHONY: soak
