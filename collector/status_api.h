/* SPDX-License-Identifier: Apache-2.0 */
/* status_api.h -- how conprofd is. */
#pragma once

#include "collector/exchange.h"

/* [any]    GET /healthz: it answers. */
void status_health(struct exchange *);
/* [any]    GET /readyz: it can take uploads; 507 when the disk is full. */
void status_ready(struct exchange *);
/* [any]    GET /api/0/status: the days and what they hold, retention, what was dropped, figures:
 *          {"version":...,"days":[{"date":"2026-11-21","profiles":12,...}],...}. Times are
 *          nanoseconds since 1970, durations milliseconds, 0 where there is none. */
void status_overview(struct exchange *);
/* [any]    GET /metrics: what was counted, and what there is, in Prometheus' text format. */
void status_metrics(struct exchange *);
