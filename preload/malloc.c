/* SPDX-License-Identifier: Apache-2.0 */
/* malloc.c -- every way to get a block and to give it back passes here, to be counted.
 *
 * A call goes through a table to the function behind ours: directly while allocations are not
 * sampled, else by way of one that counts. Arguments and results are never changed. Some of these
 * functions call others of them in some C libraries and allocators (operator new, and musl's
 * calloc, call malloc): then the inner one counts.
 */
#include "preload/malloc.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/heap.h"
#include "core/log.h"
#include "preload/export.h"
#include "preload/family.h"
#include "preload/real.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): types and lists of parameters cannot be in any */

enum { PAGE = 4096 };

#define MEMBER(result, name, parameters, arguments) result(*name) parameters;
#define ENTRY(result, name, parameters, arguments)  result(*_Atomic name) parameters;

/* The functions behind ours. */
static struct {
	ALLOCATORS(MEMBER) NEWS(MEMBER) FREES(MEMBER)
} next;

static struct {
	_Atomic bool counts_blocks;
	_Atomic bool counts_ends; /* for good, once blocks have been counted */
} self;

#define PROTOTYPE(result, name, parameters, arguments) result name parameters;
NEWS(PROTOTYPE)
FREES(PROTOTYPE)
void *pvalloc(size_t);

/* ---- with counting --------------------------------------------------------------------------- */

static __attribute__((noinline)) void *take_malloc(size_t size)
{
	void *block = next.malloc(size);
	heap_take(block, size);
	return block;
}

static void *counted_malloc(size_t size)
{
	return heap_count(size) ? next.malloc(size) : take_malloc(size);
}

static void *counted_calloc(size_t count, size_t size)
{
	uint64_t mark = heap_mark();
	void *block = next.calloc(count, size);
	heap_count_since(mark, block, count * size);
	return block;
}

/* The old block is hidden first: once it is freed its address may be another thread's. */
static void *counted_realloc(void *block, size_t size)
{
	int slot = heap_move(block);
	uint64_t mark = heap_mark();
	void *moved = next.realloc(block, size);
	heap_moved(slot, block, moved || !size);
	heap_count_since(mark, moved, size);
	return moved;
}

static void *counted_reallocarray(void *block, size_t count, size_t size)
{
	int slot = heap_move(block);
	uint64_t mark = heap_mark();
	void *moved = next.reallocarray(block, count, size);
	heap_moved(slot, block, moved || !count || !size);
	heap_count_since(mark, moved, count * size);
	return moved;
}

static int counted_posix_memalign(void **block, size_t alignment, size_t size)
{
	uint64_t mark = heap_mark();
	int error = next.posix_memalign(block, alignment, size);
	if (!error)
		heap_count_since(mark, *block, size);
	return error;
}

#define COUNTED(result, name, parameters, arguments) \
	static result counted_##name parameters      \
	{                                            \
		uint64_t mark = heap_mark();         \
		void *block = next.name arguments;   \
		heap_count_since(mark, block, size); \
		return block;                        \
	}

COUNTED(void *, memalign, (size_t alignment, size_t size), (alignment, size))
COUNTED(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
COUNTED(void *, valloc, (size_t size), (size))
COUNTED(void *, pvalloc, (size_t size), (size))
NEWS(COUNTED)

#define ENDING(result, name, parameters, arguments) \
	static result counted_##name parameters     \
	{                                           \
		heap_forget(block);                 \
		next.name arguments;                \
	}
FREES(ENDING)

/* ---- where there is none behind ours -----------------------------------------------------------
 */

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

static void *absent_malloc(size_t size)
{
	(void)size;
	return no_memory();
}

static void *absent_calloc(size_t count, size_t size)
{
	(void)count, (void)size;
	return no_memory();
}

static void *absent_realloc(void *block, size_t size)
{
	(void)block, (void)size;
	return no_memory();
}

/* glibc has it since 2.26. */
static void *absent_reallocarray(void *block, size_t count, size_t size)
{
	size_t bytes;
	return __builtin_mul_overflow(count, size, &bytes) ? no_memory() : realloc(block, bytes);
}

static void *absent_memalign(size_t alignment, size_t size)
{
	(void)alignment, (void)size;
	return no_memory();
}

static void *absent_aligned_alloc(size_t alignment, size_t size)
{
	(void)alignment, (void)size;
	return no_memory();
}

static int absent_posix_memalign(void **block, size_t alignment, size_t size)
{
	(void)block, (void)alignment, (void)size;
	return ENOMEM;
}

static void *absent_valloc(size_t size)
{
	return aligned_alloc(PAGE, size);
}

/* musl has none. */
static void *absent_pvalloc(size_t size)
{
	size_t pages = (size + PAGE - 1) & ~(size_t)(PAGE - 1);
	return pages < size ? no_memory() : aligned_alloc(PAGE, pages);
}

/* ---- the table ---------------------------------------------------------------------------------
 */

#define DECLARE(result, name, parameters, arguments) \
	static result first_##name parameters;       \
	static result absent_##name parameters;
ALLOCATORS(DECLARE)
NEWS(DECLARE)
FREES(DECLARE)

#define FIRST(result, name, parameters, arguments) .name = first_##name,

static struct {
	ALLOCATORS(ENTRY) NEWS(ENTRY) FREES(ENTRY)
} entry = {ALLOCATORS(FIRST) NEWS(FIRST) FREES(FIRST)};

#define GO(name) atomic_load_explicit(&entry.name, memory_order_relaxed)

#define SETTLE(name, counts)                               \
	next.name = real->name;                            \
	atomic_store_explicit(&entry.name,                 \
			      !real->name ? absent_##name  \
			      : counts	  ? counted_##name \
					  : real->name,       \
			      memory_order_relaxed);
#define SETTLE_BLOCK(result, name, parameters, arguments) SETTLE(name, counts_blocks)
#define SETTLE_END(result, name, parameters, arguments)	  SETTLE(name, counts_ends)

/* Two threads that come first write the same. */
static void settle(const struct real *real)
{
	bool counts_blocks = atomic_load(&self.counts_blocks);
	bool counts_ends = atomic_load(&self.counts_ends);
	/* ends first, so that none is missed of the blocks that are counted from here on */
	FREES(SETTLE_END)
	RESIZES(SETTLE_END)
	NEWS(SETTLE_BLOCK)
	BLOCKS(SETTLE_BLOCK)
}

/* jemalloc answers from a copy of its figures, made when its epoch is written to (jemalloc(3)). */
static void ask_jemalloc(struct heap_figures *figures)
{
	const struct real *real = real_get();
	uint64_t epoch = 1;
	size_t used = 0, held = 0, size = sizeof(used);
	real->mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch));
	real->mallctl("stats.allocated", &used, &size, NULL, 0);
	real->mallctl("stats.resident", &held, &size, NULL, 0);
	figures->used = used;
	figures->held = held;
}

void malloc_count(bool on)
{
	if (atomic_load(&self.counts_blocks) == on)
		return;
	const struct real *real = real_get();
	/* not glibc's mallinfo2: it walks all free blocks with its locks held */
	heap_know_asker(real->mallctl ? ask_jemalloc : NULL);
	if (on && real_is_bypassed())
		log_line(LOG_WARNING, "allocations cannot be sampled: what is loaded in front of "
				      "libconprof.so has malloc; name libconprof.so first in "
				      "LD_PRELOAD");
	if (on)
		atomic_store(&self.counts_ends, true);
	atomic_store(&self.counts_blocks, on);
	settle(real);
}

void malloc_count_nothing(void)
{
	atomic_store(&self.counts_blocks, false);
	atomic_store(&self.counts_ends, false);
	settle(real_get());
}

bool malloc_counts(void)
{
	return atomic_load_explicit(&self.counts_blocks, memory_order_relaxed);
}

bool malloc_sees_ends(void)
{
	return atomic_load_explicit(&self.counts_ends, memory_order_relaxed);
}

#define FIRST_BLOCK(result, name, parameters, arguments) \
	static result first_##name parameters            \
	{                                                \
		settle(real_get());                      \
		return GO(name) arguments;               \
	}
#define FIRST_END(result, name, parameters, arguments) \
	static result first_##name parameters          \
	{                                              \
		settle(real_get());                    \
		GO(name) arguments;                    \
	}
ALLOCATORS(FIRST_BLOCK)
NEWS(FIRST_BLOCK)
FREES(FIRST_END)

/* Where the program had none when it began: those of a library that is loaded later are not called,
 * since it may be unloaded again, and free is the end of these blocks as well. Only what to throw
 * is that library's to say. */
static void *replace_new(const char *name, size_t size, size_t alignment, bool may_fail)
{
	void *block = alignment > 2 * sizeof(void *) ? memalign(alignment, size)
						     : malloc(size ? size : 1);
	void *(*thrower)(size_t, size_t) = block || may_fail ? NULL : real_find_now(name);
	if (thrower)
		return thrower(size, alignment);
	if (!block && !may_fail)
		__builtin_trap();
	return block;
}

#define ABSENT_NEW(result, name, parameters, alignment, may_fail)     \
	static result absent_##name parameters                        \
	{                                                             \
		return replace_new(#name, size, alignment, may_fail); \
	}
#define NOTHROW __attribute__((unused)) const struct nothrow *tag
ABSENT_NEW(void *, _Znwm, (size_t size), 0, false)
ABSENT_NEW(void *, _Znam, (size_t size), 0, false)
ABSENT_NEW(void *, _ZnwmRKSt9nothrow_t, (size_t size, NOTHROW), 0, true)
ABSENT_NEW(void *, _ZnamRKSt9nothrow_t, (size_t size, NOTHROW), 0, true)
ABSENT_NEW(void *, _ZnwmSt11align_val_t, (size_t size, size_t alignment), alignment, false)
ABSENT_NEW(void *, _ZnamSt11align_val_t, (size_t size, size_t alignment), alignment, false)
ABSENT_NEW(void *, _ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, NOTHROW),
	   alignment, true)
ABSENT_NEW(void *, _ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, NOTHROW),
	   alignment, true)

/* Whatever else is said of the block. */
static void end_block(void *block, ...)
{
	if (next.free)
		GO(free)(block);
}

#define ABSENT_END(result, name, parameters, arguments) \
	static result absent_##name parameters          \
	{                                               \
		end_block arguments;                    \
	}
FREES(ABSENT_END)

#define DOOR(result, name, parameters, arguments) \
	EXPORT result name parameters             \
	{                                         \
		return GO(name) arguments;        \
	}
#define DOOR_END(result, name, parameters, arguments) \
	EXPORT result name parameters                 \
	{                                             \
		GO(name) arguments;                   \
	}
ALLOCATORS(DOOR)
NEWS(DOOR)
FREES(DOOR_END)

/* NOLINTEND(bugprone-macro-parentheses) */
