/* SPDX-License-Identifier: Apache-2.0 */
/* plt.h -- names for the stubs through which one object calls another: NAME@plt. */
#pragma once

#include "core/elf.h"
#include "core/unnamed.h"

/* [worker] Names the addresses inside .plt, .plt.sec and .plt.got: what the stub jumps through is
 * looked up among the relocations. Memory is proportional to such addresses. */
void plt_resolve(const struct elf *, struct unnamed *);
