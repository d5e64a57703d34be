/* SPDX-License-Identifier: Apache-2.0 */
/* capture.c -- how much of a stack may be read, and by what means. */
#include "core/capture.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "core/arch.h"

enum {
	PAGE = 4096,
	UNKNOWN_STACK_MAX = 16 << 10, /* of a stack whose bounds are not known */
};

struct slice {
	uintptr_t from;
	size_t size;
	bool cut;     /* the stack goes on above */
	bool checked; /* to be read through the kernel */
};

static struct slice slice_up_to(uintptr_t sp, uintptr_t top, size_t most, bool goes_on)
{
	bool cut = top - sp > most;
	return (struct slice){.from = sp, .size = cut ? most : top - sp, .cut = cut || goes_on};
}

/* A stack that nobody told us of is read by the kernel, which knows what is mapped, or, where that
 * is not allowed, to the end of the page below sp, into which the kernel has just written the
 * signal frame. Never further. */
static struct slice slice_unknown(const struct state *state, uintptr_t sp)
{
	struct slice slice = slice_up_to(sp, ((sp - 1) | (PAGE - 1)) + 1, PAGE, true);
	if (atomic_load_explicit(&state->checked_reads, memory_order_relaxed)) {
		slice.size = UNKNOWN_STACK_MAX;
		slice.checked = true;
	}
	return slice;
}

static struct slice slice_of(const struct state *state, uintptr_t sp,
			     const struct capture_stack *stacks, int count)
{
	for (int i = 0; i < count; i++)
		if (sp >= stacks[i].low && sp < stacks[i].top)
			return slice_up_to(sp, stacks[i].top, SAMPLE_STACK_MAX, stacks[i].goes_on);
	return slice_unknown(state, sp);
}

/* The kernel looks at the set before it finds that there is no such way to change a mask. It is
 * the one read on behalf of its caller that no filter forbids. */
bool capture_can_read(uintptr_t address)
{
	const long no_such_way = 99;
	return arch_syscall(SYS_rt_sigprocmask, no_such_way, (long)address, 0, 8, 0) != -EFAULT;
}

/* A program may close pages of its own stack, above the frames that run: how far one can read. */
static size_t readable_size(uintptr_t from, size_t size)
{
	uintptr_t end = from + size, page = from & ~(uintptr_t)(PAGE - 1);
	while (page < end && capture_can_read(page))
		page += PAGE;
	return page <= from ? 0 : page < end ? page - from : size;
}

/* Whether the page is in memory: one that is not may belong to somebody who never brings it. */
static size_t resident_size(uintptr_t from, size_t size)
{
	uint8_t resident[UNKNOWN_STACK_MAX / PAGE + 2] = {0};
	uintptr_t page = from & ~(uintptr_t)(PAGE - 1), end = from + size;
	size_t count = 0, most = (end - page + PAGE - 1) / PAGE;
	while (count < most &&
	       !arch_syscall(SYS_mincore, (long)(page + count * PAGE), PAGE, (long)&resident[count],
			     0, 0) &&
	       resident[count] & 1)
		count++;
	return !count ? 0 : count == most ? size : page + count * PAGE - from;
}

static size_t copy_slice(const struct slice *slice, void *to)
{
	if (!slice->checked) {
		size_t size = readable_size(slice->from, slice->size);
		arch_copy(to, (const void *)slice->from, size);
		return size;
	}
	size_t size = resident_size(slice->from, slice->size);
	struct iovec local = {to, size};
	struct iovec remote = {(void *)slice->from, size};
	long arguments[6] = {arch_process_id(), (long)&local, 1, (long)&remote, 1, 0};
	long copied = arch_syscall6(SYS_process_vm_readv, arguments);
	return copied > 0 ? (size_t)copied : 0;
}

struct sample *capture(struct state *state, enum sample_kind kind,
		       const uint64_t regs[REGISTER_COUNT], const struct capture_stack *stacks,
		       int count)
{
	struct slice slice = slice_of(state, regs[REGISTER_RSP], stacks, count);
	struct sample *sample =
		ring_reserve(&state->ring, offsetof(struct sample, stack) + slice.size);
	if (!sample) {
		state_lost(state, LOST_FULL);
		return NULL;
	}
	sample->kind = kind;
	arch_copy(sample->regs, regs, sizeof(sample->regs));
	sample->stack_size = (uint32_t)copy_slice(&slice, sample->stack);
	sample->stack_cut = slice.cut || sample->stack_size < slice.size;
	return sample;
}
