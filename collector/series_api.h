/* SPDX-License-Identifier: Apache-2.0 */
/* series_api.h -- totals over time, out of the index alone. */
#pragma once

#include "collector/exchange.h"

/* [any]    GET /api/0/series?from[&to][&service][&type][&labels][&selector][&sample_type][&step]
 *          [&group_by]: [{"group":"","type":"cpu","sample_type":"cpu","unit":"nanoseconds",
 *          "step":60.000,"points":[[SECONDS,TOTAL,PROFILES],...]}], one for each type, sample type
 *          and unit, which are never added up. sample_type is a name, or the default, see
 *          series_column.h; step a time, or such that there are at most 100 points; group_by the
 *          key of a label, or service, or type. Steps without a profile are left out; each begins
 *          at a whole multiple of it, so that a profile is always in the same one. */
void series_get(struct exchange *);
