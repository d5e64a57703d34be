/* SPDX-License-Identifier: Apache-2.0 */
/* live.c -- a bucket of a few slots for each address, in each of a few regions. */
#include "core/live.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/arch.h"

enum { FILTER_MANY = 255 };

/* Keys that no address has: an odd number times an address below 2^47 is neither. */
#define LIVE_FREE   UINT64_C(0)
#define LIVE_HIDDEN UINT64_MAX

#define LIVE_UNRECORDED (UINT64_C(1) << 63)

struct live *live_table;

/* A child of fork must not count what its parent holds; the kernel empties the table for it. */
static bool is_wiped;

bool live_open(void)
{
	long arguments[6] = {0,
			     sizeof(struct live),
			     PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			     -1,
			     0};
	if (live_table)
		return true;
	long address = arch_syscall6(SYS_mmap, arguments);
	if (address < 0 && address > -4096)
		return false;
	is_wiped = !arch_syscall(SYS_madvise, address, sizeof(struct live), MADV_WIPEONFORK, 0, 0);
	arch_syscall(SYS_madvise, address, sizeof(struct live), MADV_NOHUGEPAGE, 0, 0);
	live_table = (struct live *)address;
	return true;
}

void live_forget_parent(void)
{
	if (live_table && !is_wiped)
		arch_syscall(SYS_madvise, (long)live_table, sizeof(*live_table), MADV_DONTNEED, 0,
			     0);
}

void live_close(void)
{
	if (live_table)
		arch_syscall(SYS_munmap, (long)live_table, sizeof(*live_table), 0, 0, 0);
	live_table = NULL;
}

/* Regions lie one behind the other, each as large as all before it and the first together. */
static struct live_slot *bucket_of(uint64_t key, int region)
{
	int bits = LIVE_FIRST_BITS + region;
	uint64_t before = (UINT64_C(1) << bits) - (1 << LIVE_FIRST_BITS);
	return &live_table->slots[(before + (key >> (64 - bits))) * LIVE_WAYS];
}

static int index_of(const struct live_slot *slot)
{
	return (int)(slot - live_table->slots);
}

/* Turns the first slot of the bucket that has this key into a hidden one. */
static int hide_in(struct live_slot *bucket, uint64_t key)
{
	for (int i = 0; i < LIVE_WAYS; i++) {
		uint64_t seen = key;
		if (atomic_load_explicit(&bucket[i].key, memory_order_relaxed) == key &&
		    atomic_compare_exchange_strong_explicit(&bucket[i].key, &seen, LIVE_HIDDEN,
							    memory_order_acquire,
							    memory_order_relaxed))
			return index_of(&bucket[i]);
	}
	return LIVE_NONE;
}

static int hide_key(uint64_t key)
{
	int regions = atomic_load_explicit(&live_table->regions, memory_order_relaxed);
	for (int region = 0; region < regions; region++) {
		int slot = hide_in(bucket_of(key, region), key);
		if (slot != LIVE_NONE)
			return slot;
	}
	return LIVE_NONE;
}

/* A slot that is free. */
static int hide_any(uint64_t key)
{
	for (int region = 0; region < LIVE_REGIONS; region++) {
		int slot = hide_in(bucket_of(key, region), LIVE_FREE);
		int seen = atomic_load_explicit(&live_table->regions, memory_order_relaxed);
		if (slot == LIVE_NONE)
			continue;
		while (seen <= region &&
		       !atomic_compare_exchange_weak(&live_table->regions, &seen, region + 1))
			;
		return slot;
	}
	return LIVE_NONE;
}

static _Atomic uint8_t *filter_of(const void *block)
{
	return &live_table->filter[live_key(block) >> (64 - LIVE_FILTER_BITS)];
}

/* The count of a hash stops at "many", and is never taken down from there. */
static void change_filter(const void *block, int step)
{
	_Atomic uint8_t *count = filter_of(block);
	uint8_t seen = atomic_load_explicit(count, memory_order_relaxed);
	while (seen != FILTER_MANY &&
	       !atomic_compare_exchange_weak_explicit(count, &seen, (uint8_t)(seen + step),
						      memory_order_relaxed, memory_order_relaxed))
		;
}

int live_hide(const void *block)
{
	return hide_key(live_key(block));
}

int live_claim(const void *block, uint64_t size, uint32_t interval)
{
	uint64_t key = live_key(block);
	int stale = live_may_hold(block) ? hide_key(key) : LIVE_NONE;
	if (stale != LIVE_NONE)
		live_release(stale, block);
	int index = hide_any(key);
	if (index == LIVE_NONE)
		return LIVE_NONE;
	struct live_slot *slot = &live_table->slots[index];
	atomic_store_explicit(&slot->size, size, memory_order_relaxed);
	atomic_store_explicit(&slot->interval, interval, memory_order_relaxed);
	atomic_fetch_add_explicit(&slot->generation, 1, memory_order_relaxed);
	/* before anybody else is handed the block: who frees it must find it */
	change_filter(block, 1);
	return index;
}

void live_mark_unrecorded(int index)
{
	atomic_fetch_or_explicit(&live_table->slots[index].size, LIVE_UNRECORDED,
				 memory_order_relaxed);
}

uint32_t live_generation(int index)
{
	return atomic_load_explicit(&live_table->slots[index].generation, memory_order_relaxed);
}

void live_show(int index, const void *block)
{
	struct live_slot *slot = &live_table->slots[index];
	/* pairs with live_read */
	atomic_store_explicit(&slot->key, live_key(block), memory_order_release);
}

/* The weight is a function of size / interval (heap.h), which stays. */
void live_resize(int index, uint64_t before, uint64_t size)
{
	struct live_slot *slot = &live_table->slots[index];
	uint64_t interval = atomic_load_explicit(&slot->interval, memory_order_relaxed), product;
	uint64_t flag = atomic_load_explicit(&slot->size, memory_order_relaxed) & LIVE_UNRECORDED;
	atomic_store_explicit(&slot->size, size | flag, memory_order_relaxed);
	if (before && !__builtin_mul_overflow(interval, size, &product) && product >= before)
		interval = product / before;
	/* pairs with live_read, which must not see this one with the size from before */
	atomic_store_explicit(&slot->interval, (uint32_t)interval, memory_order_release);
}

void live_release(int index, const void *block)
{
	change_filter(block, -1);
	/* pairs with hide_in of the next who claims it */
	atomic_store_explicit(&live_table->slots[index].key, LIVE_FREE, memory_order_release);
}

int live_limit(void)
{
	int regions =
		live_table ? atomic_load_explicit(&live_table->regions, memory_order_relaxed) : 0;
	return LIVE_WAYS * ((1 << (LIVE_FIRST_BITS + regions)) - (1 << LIVE_FIRST_BITS));
}

bool live_is_hidden(int index)
{
	return atomic_load_explicit(&live_table->slots[index].key, memory_order_relaxed) ==
	       LIVE_HIDDEN;
}

bool live_read(int index, struct live_block *block)
{
	struct live_slot *slot = &live_table->slots[index];
	uint64_t before = atomic_load_explicit(&slot->key, memory_order_acquire);
	if (before == LIVE_FREE || before == LIVE_HIDDEN)
		return false;
	block->generation = atomic_load_explicit(&slot->generation, memory_order_relaxed);
	uint64_t size = atomic_load_explicit(&slot->size, memory_order_relaxed);
	block->size = size & ~LIVE_UNRECORDED;
	block->is_recorded = !(size & LIVE_UNRECORDED);
	block->interval = atomic_load_explicit(&slot->interval, memory_order_acquire);
	/* the block that was read about is still the one that is there */
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&slot->key, memory_order_relaxed) == before &&
	       atomic_load_explicit(&slot->size, memory_order_relaxed) == size &&
	       atomic_load_explicit(&slot->generation, memory_order_relaxed) == block->generation;
}
