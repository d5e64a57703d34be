# SPDX-License-Identifier: Apache-2.0
# systems.mk -- the same library in roots of older and newer systems: make systems [SUITES=…]

SHELL_FILES += test/systems/systems.sh

SUITES ?= bullseye bookworm trixie musl

systems: all
	$(Q)test/systems/systems.sh $(SUITES)

.PHONY: systems
