/* SPDX-License-Identifier: Apache-2.0 */
/* series_api.h -- totals over time, out of the index alone. */
#pragma once

#include "collector/exchange.h"

/* [any]    GET /api/0/series?from&to[&service][&type][&labels][&selector][&sample_type][&step]
 *          [&group_by]: [{"group":"","points":[[SECONDS,TOTAL,PROFILES],...]}]. sample_type is a
 *          name, or the last one of each profile; step a time, or such that there are about 100
 *          points; group_by the key of a label, or service, or type. Steps without a profile are
 *          left out. */
void series_get(struct exchange *);
