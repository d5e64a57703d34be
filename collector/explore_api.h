/* SPDX-License-Identifier: Apache-2.0 */
/* explore_api.h -- what there is to ask for: services, types, labels and their values.
 *
 * All take service, type, labels, selector, from and to, and none of them is needed.
 */
#pragma once

#include "collector/exchange.h"

/* [any]    GET /api/0/services: their names. */
void explore_services(struct exchange *);
/* [any]    GET /api/0/types: [{"type":"cpu","sample_types":["samples/count","cpu/nanoseconds"]}].
 */
void explore_types(struct exchange *);
/* [any]    GET /api/0/labels: their keys. */
void explore_labels(struct exchange *);
/* [any]    GET /api/0/labels/KEY: its values. */
void explore_values(struct exchange *);
