/* SPDX-License-Identifier: Apache-2.0 */
/* diff_api.h -- two selections of profiles, compared. */
#pragma once

#include "collector/exchange.h"

/* [any]    GET /api/0/profiles/diff?service&type&from&to[&labels][&selector][&limit] and the same
 *          with base_ in front for what it is compared with, where base_service and base_type
 *          default to the others; or ids=ID,ID and base_ids=ID,ID. [&format][&sample_type][&nodes]
 *          [&mode=absolute|normalised]. */
void diff_get(struct exchange *);
