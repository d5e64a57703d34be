# SPDX-License-Identifier: Apache-2.0
# fleet.mk -- `make fleet`: real programs without and with the library, see test/fleet/fleet.py.
#
#     make fleet                  all of them, which installs them: needs root and about half an hour
#     make fleet T=redis          one or some
#     make fleet MARKDOWN=1       the table as the README has it

fleet: all
	$(Q)test/fleet/fleet.py $(if $(MARKDOWN),--markdown) $(if $(MODES),--modes $(MODES)) $(T)

SHELL_FILES += $(wildcard test/fleet/*.sh)

.PHONY: fleet
