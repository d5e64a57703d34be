/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h -- one interface before the two ways to see CPU time, and every thread followed.
 *
 * perf where it may see kernel time too, timers everywhere else. The rest of the house cannot tell
 * them apart.
 */
#pragma once

#include "core/gather.h"
#include "core/state.h"

struct engine_run;

/* [worker] Follows every thread of the process but the caller's, with sampling off. The wanted
 * engine is only ever replaced by timers. NULL without memory; otherwise *refusal is NULL or says
 * why perf was wanted or preferred and not used (a static text). */
struct engine_run *engine_open(struct state *, struct gather *, enum engine wanted,
			       const char **refusal);
/* [worker] No more ticks; NULL is harmless. */
void engine_close(struct engine_run *);
/* [worker] Turns sampling on or off. */
void engine_sampling(struct engine_run *, bool on);
/* [worker] Takes all that was sampled before the call. Returns the number of records. */
size_t engine_drain(struct engine_run *);
/* [worker] Milliseconds after which engine_drain should be called again while the process is busy.
 */
int engine_drain_ms(const struct engine_run *);
/* [worker] Looks for threads that nobody told us of, and for ended ones, when that is due. */
void engine_follow(struct engine_run *, uint64_t now_ns);
/* [worker] Looks whether the program has given up privileges. */
void engine_look(struct engine_run *);

enum engine_end {
	ENGINE_GOES_ON,
	ENGINE_ALONE,	 /* no thread of the program is left */
	ENGINE_STRANGER, /* the program has changed its user or its privileges, and we have not */
	ENGINE_SHUT_OUT, /* the program is in a sandbox, and we are not */
};

/* [worker] What engine_follow or engine_look found. */
enum engine_end engine_end(const struct engine_run *);
/* [worker] Leaves every thread with a timer, so that a tick gives birth to the next worker, which
 * has the privileges that the program has then. */
void engine_hand_over(struct engine_run *);
/* [worker] "perf" or "timer". */
const char *engine_name(const struct engine_run *);
