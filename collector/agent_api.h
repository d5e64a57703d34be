/* SPDX-License-Identifier: Apache-2.0 */
/* agent_api.h -- what conprofd is to Blackfire's and Datadog's profilers, and to our own. */
#pragma once

#include "collector/exchange.h"

/* [any]    POST /profiling/v1/input: stores the profiles of one upload, all or none. */
void agent_input(struct exchange *);
