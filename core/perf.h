/* SPDX-License-Identifier: Apache-2.0 */
/* perf.h -- CPU time by perf_event_open: the kernel itself copies registers and stack at a tick.
 *
 * No signal reaches the program. A software task-clock event per CPU, inherited by threads to come
 * but not by forked children, writes into a ring per CPU. The descriptors live in the worker's own
 * table.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/sample.h"
#include "core/state.h"

enum {
	PERF_CPUS_MAX = 16,	/* beyond, the rings would outgrow the memory budget */
	PERF_EVENTS_MAX = 1024, /* events are threads times CPUs */
};

struct perf;

/* [worker] Events that are still off for these threads, one tick per period_ns of CPU time each.
 * NULL and errno: EACCES or EPERM when kernel time may not be seen, E2BIG beyond the limits above.
 */
struct perf *perf_open(struct state *, const uint32_t *tids, size_t count, uint64_t period_ns);
/* [worker] Gives everything back; NULL is harmless. */
void perf_close(struct perf *);
/* [worker] Turns the events on or off. */
void perf_enable(struct perf *, int on);
/* [worker] Calls take for each record in the rings; the record is gone when take returns. Records
 * that the kernel dropped are counted as LOST_PERF. Returns the number of records. */
size_t perf_drain(struct perf *, void (*take)(void *context, const struct sample *), void *context);
/* [worker] Milliseconds after which a ring may be full. */
int perf_drain_ms(const struct perf *);
