/* SPDX-License-Identifier: Apache-2.0 */
/* callsite.h -- whether an address is one to which a callee returns. */
#pragma once

#include "core/maps.h"

/* [worker] The instruction before address calls what pc, inside mapping, is in: directly or through
 * a stub, to at most reach bytes below pc. */
bool callsite_leads_to(struct maps *, uint64_t address, const struct mapping *, uint64_t pc,
		       uint64_t reach);
/* [worker] A call instruction may end at address. */
bool callsite_ends_at(struct maps *, uint64_t address);
