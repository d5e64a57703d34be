/* SPDX-License-Identifier: Apache-2.0 */
/* mmap.c -- memory that the program takes from the kernel itself, past its allocator.
 *
 * Arguments and results are never changed. What the allocator maps is seen when it is handed out,
 * and address space that is only reserved is not memory yet.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "core/heap.h"
#include "core/range.h"
#include "preload/export.h"
#include "preload/malloc.h"
#include "preload/real.h"

enum { PAGE = 4096 };

#undef mmap64 /* which musl's headers make another name of mmap */
void *mmap64(void *, size_t, int, int, int, off_t);

static bool is_memory(int protection, int flags)
{
	return protection != PROT_NONE && flags & MAP_ANONYMOUS && !(flags & MAP_NORESERVE);
}

static void see_map(void *start, size_t size, int protection, int flags, const void *caller)
{
	if (start == MAP_FAILED || !malloc_sees_ends() || real_is_allocator(caller))
		return;
	/* whatever was here ended where it could not be seen, or was mapped over */
	range_cut(start, size);
	if (malloc_counts() && is_memory(protection, flags))
		heap_map(start, size);
}

/* The kernel refuses all others, and then everything stays. Before it does it: afterwards the
 * addresses may be another thread's. */
static bool may_unmap(const void *start, size_t size)
{
	return size && (uintptr_t)start % PAGE == 0 && malloc_sees_ends();
}

/* NOLINTBEGIN(readability-function-size): a system call has so many arguments */
EXPORT void *mmap(void *start, size_t size, int protection, int flags, int fd, off_t offset)
{
	void *mapping = real_get()->mmap(start, size, protection, flags, fd, offset);
	see_map(mapping, size, protection, flags, __builtin_return_address(0));
	return mapping;
}

EXPORT void *mmap64(void *start, size_t size, int protection, int flags, int fd, off_t offset)
{
	const struct real *real = real_get();
	void *mapping = (real->mmap64 ? real->mmap64 : real->mmap)(start, size, protection, flags,
								   fd, offset);
	see_map(mapping, size, protection, flags, __builtin_return_address(0));
	return mapping;
}

/* NOLINTEND(readability-function-size) */

EXPORT int munmap(void *start, size_t size)
{
	if (may_unmap(start, size))
		range_cut(start, size);
	return real_get()->munmap(start, size);
}

/* The kernel looks at the last one with some flags only. */
EXPORT void *mremap(void *start, size_t size, size_t new_size, int flags, ...)
{
	va_list more;
	va_start(more, flags);
	void *target = va_arg(more, void *);
	va_end(more);
	if (flags & MREMAP_FIXED && may_unmap(target, new_size))
		range_cut(target, new_size);
	int range = may_unmap(start, size) ? range_hide(start, size) : RANGE_NONE;
	void *moved = real_get()->mremap(start, size, new_size, flags, target);
	bool is_done = moved != MAP_FAILED;
	if (range != RANGE_NONE)
		range_moved(range, is_done ? moved : start, is_done ? new_size : size);
	return moved;
}
