# SPDX-License-Identifier: Apache-2.0
# oracle.mk -- conprofd beside the real profefe: the same requests to both, and what differs.
#
#     make oracle PROFEFE=PATH                     its server, with Badger
#     make oracle PROFEFE=PATH PROFEFE_2019=PATH   and the one of August 2019, for the first API
#
# No part of `make check`: profefe is no package of any system.

oracle: all
	$(Q)python3 test/oracle/oracle.py --profefe "$(PROFEFE)" --profefe-2019 "$(PROFEFE_2019)" \
		--conprofd build/conprofd --directory build/oracle

.PHONY: oracle
