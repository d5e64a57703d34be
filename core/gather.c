/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c -- unwinding, naming of threads, booking of their ends. */
#include "core/gather.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arch.h"
#include "core/booking.h"
#include "core/inventory.h"
#include "core/live.h"
#include "core/unwind.h"

enum {
	NAMED_MAX = 4096,
	EXCESS_MAX = 256,
	REFRESH_NS = 1000000000,     /* between two looks at the mappings */
	MISS_REFRESH_NS = 100000000, /* the same, when an address is in none of them */
	REFRESH_SHARE = 1000,	     /* and a look costs at most one part in so many */
};

/* A tick stands for a whole period, and its thread ended before it had used that much. */
struct excess {
	uint32_t tid;
	uint64_t ns;
};

struct gather {
	struct state *state;
	struct maps *maps;
	struct unwind *unwind;
	struct profile *profile;
	struct booking *booking;
	struct inventory *inventory; /* NULL: allocations are not sampled */
	uint64_t booked_ns;
	struct excess excess[EXCESS_MAX]; /* the newest is last */
	size_t excess_count;
	uint64_t refreshed_ns;		 /* when the mappings were last looked at */
	uint64_t refresh_cost_ns;	 /* what that took */
	uint64_t pcs[UNWIND_FRAMES_MAX]; /* of the record at hand */
	uint32_t named[NAMED_MAX];	 /* threads whose name the profile has, by tid */
};

static void refresh(struct gather *gather, uint64_t now)
{
	if (maps_refresh(gather->maps) > 0)
		unwind_flush(gather->unwind);
	gather->refreshed_ns = now;
	gather->refresh_cost_ns = arch_clock_ns(CLOCK_MONOTONIC) - now;
}

/* True when the mappings were looked at again. */
static bool refresh_after(struct gather *gather, uint64_t wait_ns)
{
	uint64_t now = arch_clock_ns(CLOCK_MONOTONIC);
	uint64_t least = gather->refresh_cost_ns * REFRESH_SHARE;
	if (now - gather->refreshed_ns < (wait_ns > least ? wait_ns : least))
		return false;
	refresh(gather, now);
	return true;
}

struct gather *gather_create(struct state *state)
{
	struct gather *gather = calloc(1, sizeof(*gather));
	if (!gather)
		return NULL;
	gather->state = state;
	gather->maps = maps_create();
	gather->unwind = gather->maps ? unwind_create(gather->maps) : NULL;
	gather->profile = gather->maps ? profile_create(gather->maps, PROFILE_CPU) : NULL;
	gather->inventory =
		gather->maps && live_table ? inventory_create(state, gather->maps) : NULL;
	gather->booking = booking_create();
	if (!gather->unwind || !gather->profile || !gather->booking ||
	    (live_table && !gather->inventory)) {
		gather_destroy(gather);
		return NULL;
	}
	refresh(gather, arch_clock_ns(CLOCK_MONOTONIC));
	return gather;
}

void gather_destroy(struct gather *gather)
{
	if (!gather)
		return;
	booking_destroy(gather->booking);
	profile_destroy(gather->profile);
	inventory_destroy(gather->inventory);
	if (gather->unwind)
		unwind_destroy(gather->unwind);
	if (gather->maps)
		maps_destroy(gather->maps);
	free(gather);
}

void gather_suspend(struct gather *gather)
{
	maps_close(gather->maps);
}

void gather_resume(struct gather *gather)
{
	maps_open(gather->maps);
}

/* While the thread lives its name can be read; a thread that ends brings it along. */
static void name_thread(struct gather *gather, uint32_t tid)
{
	uint32_t *named = &gather->named[tid % NAMED_MAX];
	if (*named == tid)
		return;
	*named = tid;
	char path[64], name[SAMPLE_NAME_SIZE + 1];
	snprintf(path, sizeof(path), "/proc/self/task/%u/comm", tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t len = read(fd, name, sizeof(name) - 1);
	close(fd);
	if (len <= 0)
		return;
	name[name[len - 1] == '\n' ? len - 1 : len] = '\0';
	profile_name_thread(gather->profile, tid, name);
}

static void add(struct gather *gather, const struct profile_stack *stack, uint64_t count,
		uint64_t weight_ns)
{
	if (stack->end == UNWIND_LOST)
		state_lost(gather->state, LOST_UNWIND);
	const double values[] = {[CPU_SAMPLES] = (double)count, [CPU_NS] = (double)weight_ns};
	if (profile_add(gather->profile, stack, values) < 0)
		state_lost(gather->state, LOST_STACKS);
}

/* The stack of a record; its frames are good until the next one. */
static struct profile_stack unwind(struct gather *gather, const struct sample *sample)
{
	uint64_t *pcs = gather->pcs;
	struct profile_stack stack = {.tag = sample->tid, .pcs = pcs};
	refresh_after(gather, REFRESH_NS);
	stack.count = unwind_sample(gather->unwind, sample, pcs, UNWIND_FRAMES_MAX, &stack.end);
	bool is_missing =
		stack.end == UNWIND_LOST || !maps_find(gather->maps, sample->regs[REGISTER_RIP]);
	if (is_missing && refresh_after(gather, MISS_REFRESH_NS))
		stack.count =
			unwind_sample(gather->unwind, sample, pcs, UNWIND_FRAMES_MAX, &stack.end);
	return stack;
}

static void take_tick(struct gather *gather, const struct sample *sample)
{
	uint64_t period = atomic_load_explicit(&gather->state->period_ns, memory_order_relaxed);
	struct profile_stack stack = unwind(gather, sample);
	name_thread(gather, sample->tid);
	booking_add(gather->booking, sample->tid, sample->weight);
	add(gather, &stack, period ? sample->weight / period : 1, sample->weight);
}

/* Allocations pass through functions of ours, which are nobody's business. */
static size_t leave_out_ours(uint64_t *pcs, size_t count)
{
	size_t left = 0;
	for (size_t i = 0; i < count; i++)
		if (pcs[i] < (uintptr_t)__ehdr_start || pcs[i] >= (uintptr_t)_end)
			pcs[left++] = pcs[i];
	return left;
}

static void take_allocation(struct gather *gather, const struct sample *sample)
{
	struct profile_stack stack = unwind(gather, sample);
	stack.count = leave_out_ours(gather->pcs, stack.count);
	if (stack.end == UNWIND_LOST)
		state_lost(gather->state, LOST_UNWIND);
	if (gather->inventory)
		inventory_add(gather->inventory, sample, &stack);
}

static void take_back(struct gather *gather, uint32_t tid, uint64_t ns)
{
	if (gather->excess_count == EXCESS_MAX)
		profile_take_back(gather->profile, tid, ns);
	else
		gather->excess[gather->excess_count++] = (struct excess){tid, ns};
}

/* Of many threads that are shorter than a tick's period few get a tick, and that stands for the
 * others too. What is over is kept to pay for threads that got none, so that the sum is the time
 * that was used and the functions are those that ticks saw. Returns what is left to be booked. */
static uint64_t pay_with_excess(struct gather *gather, uint64_t ns)
{
	while (ns && gather->excess_count) {
		struct excess *last = &gather->excess[gather->excess_count - 1];
		uint64_t paid = last->ns < ns ? last->ns : ns;
		ns -= paid;
		last->ns -= paid;
		if (!last->ns)
			gather->excess_count--;
	}
	return ns;
}

void gather_settle(struct gather *gather)
{
	for (size_t i = 0; i < gather->excess_count; i++)
		profile_take_back(gather->profile, gather->excess[i].tid, gather->excess[i].ns);
	gather->excess_count = 0;
	if (gather->inventory)
		inventory_settle(gather->inventory);
}

/* A thread that no tick ever saw is not worth a label of its own: there may be a million of them.
 * They are shown together as thread 0, by their start routines. */
static void take_end(struct gather *gather, const struct sample *sample)
{
	uint64_t booked;
	if (!booking_take(gather->booking, sample->tid, &booked))
		return;
	if (booked)
		profile_name_thread(gather->profile, sample->tid, sample->name);
	if (sample->weight < booked) {
		take_back(gather, sample->tid, booked - sample->weight);
		return;
	}
	uint64_t unseen = pay_with_excess(gather, sample->weight - booked);
	if (!unseen)
		return;
	struct profile_stack stack = {
		.tag = booked ? sample->tid : 0,
		.end = UNWIND_COMPLETE,
		.pcs = &sample->regs[REGISTER_RIP],
		.count = 1,
	};
	gather->booked_ns += unseen;
	add(gather, &stack, 0, unseen);
}

void gather_record(struct gather *gather, const struct sample *sample)
{
	if (sample->kind == SAMPLE_CPU)
		take_tick(gather, sample);
	else if (sample->kind == SAMPLE_THREAD_END)
		take_end(gather, sample);
	else if (sample->kind == SAMPLE_ALLOCATION)
		take_allocation(gather, sample);
}

size_t gather_ring(struct gather *gather, uint64_t limit)
{
	size_t taken = 0, len;
	struct sample *sample;
	while ((sample = ring_peek(&gather->state->ring, limit, &len))) {
		gather_record(gather, sample);
		ring_release(&gather->state->ring, sample);
		taken++;
	}
	return taken;
}

void gather_skip_time(struct gather *gather, uint32_t tid, uint64_t ns)
{
	booking_add(gather->booking, tid, ns);
}

void gather_unseen_time(struct gather *gather, uint32_t tid, uint64_t ns)
{
	static const uint64_t nowhere = 0;
	struct profile_stack stack = {
		.tag = tid, .end = UNWIND_COMPLETE, .pcs = &nowhere, .count = 1};
	if (!ns)
		return;
	name_thread(gather, tid);
	booking_add(gather->booking, tid, ns);
	add(gather, &stack, 0, ns);
}

struct profile *gather_profile(struct gather *gather)
{
	return gather->profile;
}

void gather_pace_heap(struct gather *gather, uint32_t least, uint64_t now_ns)
{
	if (gather->inventory)
		inventory_pace(gather->inventory, least, now_ns);
}

struct profile *gather_heap(struct gather *gather)
{
	return gather->inventory ? inventory_profile(gather->inventory) : NULL;
}

void gather_forget_ticks(struct gather *gather)
{
	profile_clear(gather->profile);
	memset(gather->named, 0, sizeof(gather->named));
	gather->booked_ns = 0;
}

void gather_next_period(struct gather *gather)
{
	static bool used[MAPS_MAX];
	gather_forget_ticks(gather);
	memset(used, 0, sizeof(used));
	if (gather->inventory) {
		inventory_next_period(gather->inventory);
		profile_mark_mappings(inventory_profile(gather->inventory), used);
	}
	maps_forget(gather->maps, used);
	unwind_flush(gather->unwind);
}

uint64_t gather_booked_ns(const struct gather *gather)
{
	return gather->booked_ns;
}
