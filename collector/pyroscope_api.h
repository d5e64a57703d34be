/* SPDX-License-Identifier: Apache-2.0 */
/* pyroscope_api.h -- what conprofd is to Pyroscope's clients that send pprof. */
#pragma once

#include "collector/exchange.h"

/* [any]    POST /ingest?name=service{k=v}&from&until[&format=pprof]: stores one profile. */
void pyroscope_ingest(struct exchange *);
