/* SPDX-License-Identifier: Apache-2.0 */
/* gather.h -- records become stacks in the table of the period. */
#pragma once

#include "core/profile.h"
#include "core/sample.h"
#include "core/state.h"

struct gather;

/* [worker] NULL without memory. The state must outlive it. */
struct gather *gather_create(struct state *);
/* [worker] NULL is harmless. */
void gather_destroy(struct gather *);
/* [worker] Closes what is open, for a worker that leaves what it has to the next; gather_resume, on
 * that one's thread, opens it again. In between nothing else may be called. */
void gather_suspend(struct gather *);
/* [worker] See gather_suspend. */
void gather_resume(struct gather *);
/* [worker] Takes one record, whoever made it; its memory is the caller's. */
void gather_record(struct gather *, const struct sample *);
/* [worker] Takes the records of the ring up to the position limit. Returns their number. */
size_t gather_ring(struct gather *, uint64_t limit);
/* [worker] Says that this much of the thread's CPU time needs no booking when it ends. */
void gather_skip_time(struct gather *, uint32_t tid, uint64_t ns);
/* [worker] Says that the thread has used this much CPU time before it was found. */
void gather_unseen_time(struct gather *, uint32_t tid, uint64_t ns);
/* [worker] Takes back what ticks of threads that have ended stand for beyond the time these used,
 * and adds what is alive: to be called once before the tables are read. */
void gather_settle(struct gather *);
/* [worker] See inventory_pace. */
void gather_pace_heap(struct gather *, uint32_t least, uint64_t now_ns);
/* [worker] The table of the period so far, of CPU time. */
struct profile *gather_profile(struct gather *);
/* [worker] The same of allocations, in which what is alive is found after gather_settle; NULL when
 * they are not sampled. */
struct profile *gather_heap(struct gather *);
/* [worker] Forgets the period's CPU time so far. */
void gather_forget_ticks(struct gather *);
/* [worker] Begins the next period, after gather_settle, with empty tables. */
void gather_next_period(struct gather *);
/* [worker] CPU time that ended threads used and no tick saw, and that is booked to their start
 * routines, in this period. */
uint64_t gather_booked_ns(const struct gather *);
