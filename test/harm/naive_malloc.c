/* SPDX-License-Identifier: Apache-2.0 */
/* naive_malloc.c -- what the bad library does where blocks are allocated and given back.
 *
 * Without a mode of these, calls go on as they came. Of all doors only five are watched.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "naive.h"

enum { TAG_SIZE = 16, EARLY = 256, ENTRIES = 1 << 16, PAUSES = 200 };

static const char tag[TAG_SIZE] = "naive was here.";

static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
	size_t (*usable_size)(void *);
	void *(*mmap)(void *, size_t, int, int, int, off_t);
	bool knows_modes;
	int early_count;
	void *early[EARLY]; /* blocks from before the modes were known, thus without a tag */
	pthread_mutex_t lock;
} self = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Where a block should be in a table, and which of those that had its address it is. */
static struct {
	_Atomic uintptr_t block;
	_Atomic unsigned long serial;
} table[ENTRIES];

static void look_up(void)
{
	self.calloc = dlsym(RTLD_NEXT, "calloc");
	self.realloc = dlsym(RTLD_NEXT, "realloc");
	self.free = dlsym(RTLD_NEXT, "free");
	self.usable_size = dlsym(RTLD_NEXT, "malloc_usable_size");
	self.mmap = dlsym(RTLD_NEXT, "mmap");
	self.malloc = dlsym(RTLD_NEXT, "malloc");
}

static bool does(unsigned mode)
{
	return naive_modes & mode;
}

static void pause_a_little(void)
{
	for (int i = 0; i < PAUSES; i++)
		__asm__ volatile("pause");
}

static void enter(void)
{
	if (!self.malloc)
		look_up();
	if (!self.knows_modes && environ) {
		self.knows_modes = true;
		naive_read_modes();
	}
	if (does(MALLOC | LOCK)) {
		pthread_mutex_lock(&self.lock);
		pause_a_little();
	}
	if (does(MALLOC))
		pthread_mutex_unlock(&self.lock);
}

static void leave(void)
{
	if (does(LOCK))
		pthread_mutex_unlock(&self.lock);
	if (does(ERRNO))
		errno = ENOENT;
}

/* ---- a tag in front of each block -------------------------------------------------------------
 */

static void *with_tag(void *block)
{
	if (!self.knows_modes && self.early_count < EARLY)
		self.early[self.early_count++] = block;
	if (!does(MISSING) || !block)
		return block;
	return (char *)memcpy(block, tag, TAG_SIZE) + TAG_SIZE;
}

static bool is_early(const void *block)
{
	for (int i = 0; i < self.early_count; i++)
		if (self.early[i] == block)
			return true;
	return false;
}

static void *without_tag(void *block)
{
	if (!does(MISSING) || !block || is_early(block))
		return block;
	if (memcmp((char *)block - TAG_SIZE, tag, TAG_SIZE))
		abort();
	memset((char *)block - TAG_SIZE, 0, TAG_SIZE);
	return (char *)block - TAG_SIZE;
}

static size_t tagged_size(size_t size)
{
	return does(MISSING) ? size + TAG_SIZE : size;
}

/* ---- a table of the blocks ---------------------------------------------------------------------
 */

static size_t index_of(const void *block)
{
	return ((uintptr_t)block * UINT64_C(0x9e3779b97f4a7c15)) >> 48;
}

static unsigned long serial_of(const void *block)
{
	size_t i = index_of(block);
	return atomic_load(&table[i].block) == (uintptr_t)block ? atomic_load(&table[i].serial) : 0;
}

static void remember(const void *block)
{
	static _Atomic unsigned long serials;
	size_t i = index_of(block);
	if (!does(LATE) || !block)
		return;
	atomic_store(&table[i].serial, atomic_fetch_add(&serials, 1) + 1);
	atomic_store(&table[i].block, (uintptr_t)block);
}

/* By then the address may be that of another block, which another thread was given. */
static void forget(const void *block, unsigned long serial)
{
	if (!does(LATE) || !serial)
		return;
	sched_yield();
	unsigned long found = serial_of(block);
	if (found > serial)
		abort();
	if (found)
		atomic_store(&table[index_of(block)].block, 0);
}

/* ---- the doors ---------------------------------------------------------------------------------
 */

void *malloc(size_t size)
{
	enter();
	void *block = with_tag(self.malloc(tagged_size(size)));
	remember(block);
	leave();
	return block;
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;
	enter();
	void *block;
	if (does(MISSING) && !__builtin_mul_overflow(count, size, &bytes))
		block = with_tag(self.calloc(1, bytes + TAG_SIZE));
	else
		block = with_tag(self.calloc(count, size));
	remember(block);
	leave();
	return block;
}

void *realloc(void *block, size_t size)
{
	enter();
	unsigned long serial = serial_of(block);
	void *moved = with_tag(self.realloc(without_tag(block), tagged_size(size)));
	if (moved && moved != block) {
		forget(block, serial);
		remember(moved);
	}
	leave();
	return moved;
}

void free(void *block)
{
	enter();
	unsigned long serial = serial_of(block);
	if (does(USABLE))
		self.usable_size(block);
	self.free(without_tag(block));
	forget(block, serial);
	leave();
}

void *mmap(void *start, size_t size, int protection, int flags, int fd, off_t offset)
{
	enter();
	void *mapping = self.mmap(start, size, protection, flags, fd, offset);
	leave();
	return mapping;
}
