/* SPDX-License-Identifier: Apache-2.0 */
/* status_api.h -- how conprofd is. */
#pragma once

#include "collector/exchange.h"

/* [any]    GET /healthz: it answers. */
void status_health(struct exchange *);
/* [any]    GET /readyz: it can take uploads; 507 when the disk is full. */
void status_ready(struct exchange *);
/* [any]    GET /metrics: what was counted, and what there is, in Prometheus' text format. */
void status_metrics(struct exchange *);
