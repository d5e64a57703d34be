/* SPDX-License-Identifier: Apache-2.0 */
/* birth.c -- stack, C library and thread of the worker, out of nothing but system calls. */
#include "core/birth.h"

#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "core/arch.h"
#include "core/ownlibc.h"
#include "core/procfile.h"
#include "core/resident.h"
#include "core/worker.h"

enum {
	GUARD_SIZE = 4096,
	PROCESSES_LEAST = 64, /* RLIMIT_NPROC below which no thread is made */
	ROOM_BYTES =
		64 << 20, /* what RLIMIT_AS and RLIMIT_DATA must leave: a few times what we take */
};

/* All variables of the cold street, gathered by the link of cold.o. */
extern uint8_t __start_cold_data[], __stop_cold_data[], __start_cold_bss[], __stop_cold_bss[];

static struct {
	uint8_t *_Atomic pristine;   /* cold_data as the loader left it */
	struct ownlibc_start kernel; /* what birth_prepare learned */
} self;

void birth_prepare(void)
{
	self.kernel.random = getauxval(AT_RANDOM);
	self.kernel.vdso = getauxval(AT_SYSINFO_EHDR);
}

static void *map_memory(size_t size)
{
	long arguments[6] = {
		0,  (long)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0};
	long address = arch_syscall6(SYS_mmap, arguments);
	return address < 0 && address > -4096 ? NULL : (void *)address;
}

/* A fork can happen while the worker is in the middle of anything. So its child does not go on
 * with what the worker left, but begins with the variables as they were before the first worker. */
static bool reset_cold_variables(void)
{
	size_t size = (size_t)(__stop_cold_data - __start_cold_data);
	if (!self.pristine) {
		uint8_t *copy = map_memory(size);
		if (!copy)
			return false;
		arch_copy(copy, __start_cold_data, size);
		/* last: a child that is forked meanwhile must find a whole copy or none */
		atomic_store_explicit(&self.pristine, copy, memory_order_release);
		return true;
	}
	arch_copy(__start_cold_data, self.pristine, size);
	arch_zero(__start_cold_bss, (size_t)(__stop_cold_bss - __start_cold_bss));
	return true;
}

/* Not inherited by a child of fork, where no worker runs on it. */
static uint8_t *map_stack(void)
{
	uint8_t *stack = map_memory(BIRTH_STACK_SIZE);
	if (!stack)
		return NULL;
	arch_syscall(SYS_mprotect, (long)stack, GUARD_SIZE, PROT_NONE, 0, 0);
	arch_syscall(SYS_madvise, (long)stack, BIRTH_STACK_SIZE, MADV_DONTFORK, 0, 0);
	resident_release_range(stack, BIRTH_STACK_SIZE);
	return stack;
}

static bool give_birth(struct state *state)
{
	if (!state->worker_stack) {
		if (!reset_cold_variables())
			return false;
		state->worker_stack = map_stack();
	}
	if (!state->worker_stack)
		return false;
	uint8_t *thread = state->worker_stack + BIRTH_STACK_SIZE - OWNLIBC_THREAD_SIZE;
	arch_zero(thread, OWNLIBC_THREAD_SIZE);
	void *thread_pointer = ownlibc_begin(thread, &self.kernel);
	/* the worker inherits the mask, and no signal of the host may ever reach it */
	uint64_t all = UINT64_MAX;
	uint64_t before = 0;
	arch_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, 8, 0);
	long tid = arch_thread(worker_main, state, thread, thread_pointer,
			       (uint32_t *)&state->worker_tid);
	arch_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, 8, 0);
	return tid > 0;
}

static bool leaves_room(int resource, uint64_t used)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
	arch_syscall(SYS_prlimit64, 0, resource, 0, (long)&limit, 0);
	return limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > used + ROOM_BYTES;
}

/* What the kernel holds against such a limit; nothing where /proc is absent. */
static uint64_t used_bytes(const char *key)
{
	uint64_t kib = 0;
	return procfile_number("/proc/self/status", key, 10, &kib) ? kib * 1024 : 0;
}

static bool is_limited(int resource)
{
	return !leaves_room(resource, UINT64_MAX / 2);
}

/* Whoever sets such limits has counted: neither his last process nor his last page is for us. */
static bool may_take_room(void)
{
	struct rlimit processes = {RLIM_INFINITY, RLIM_INFINITY};
	arch_syscall(SYS_prlimit64, 0, RLIMIT_NPROC, 0, (long)&processes, 0);
	if (processes.rlim_cur < PROCESSES_LEAST)
		return false;
	return (!is_limited(RLIMIT_AS) || leaves_room(RLIMIT_AS, used_bytes("\nVmSize:"))) &&
	       (!is_limited(RLIMIT_DATA) || leaves_room(RLIMIT_DATA, used_bytes("\nVmData:")));
}

static bool is_too_early(const struct state *state)
{
	uint64_t after = atomic_load_explicit(&state->born_after_ns, memory_order_relaxed);
	return after && arch_clock_ns(CLOCK_MONOTONIC) < after;
}

bool birth_worker(struct state *state)
{
	/* the last worker may have said goodbye and still be on its stack */
	if (atomic_load(&state->away) || is_too_early(state) ||
	    atomic_load_explicit(&state->worker_tid, memory_order_acquire))
		return false;
	uint32_t none = WORKER_NONE;
	/* pairs with the worker's last words in worker_main */
	if (!atomic_compare_exchange_strong(&state->worker, &none, WORKER_ALIVE))
		return false;
	/* looked at again, since the last worker may have come and gone between the two */
	bool may_not = atomic_load_explicit(&state->worker_tid, memory_order_acquire);
	/* pairs with retreat_begin: either it sees our worker or we see it */
	if (may_not || atomic_load(&state->away)) {
		atomic_store_explicit(&state->worker, WORKER_NONE, memory_order_release);
		return false;
	}
	if (may_take_room() && give_birth(state))
		return true;
	/* refused: no second try in this process, the next one would be refused as well */
	atomic_store_explicit(&state->worker, WORKER_REFUSED, memory_order_release);
	return false;
}
