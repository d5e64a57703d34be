/* SPDX-License-Identifier: Apache-2.0 */
/* sandboxed_programs_allocate.c -- behind a filter that kills for all but what an allocator needs,
 * programs allocate on, before and after the profiler has begun.
 *
 * harm: memory
 * level: P0
 * naive: cpu
 * flags: -O2 -fno-builtin -pthread
 */
#include "again.h"
#include "sandbox.h"
#include <pthread.h>

enum { ROUNDS = 100, THREADS = 3 };

/* And what its arenas ask for, and threads as they begin and end. */
static const struct sock_filter for_an_allocator[] = {
	SANDBOX_LOAD(nr),
	SANDBOX_IF(SYS_write, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_brk, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_mmap, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_munmap, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_mprotect, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_mremap, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_madvise, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_futex, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_rt_sigprocmask, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_sched_getaffinity, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_openat, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_read, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_close, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_set_robust_list, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_rseq, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_exit, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_exit_group, SECCOMP_RET_ALLOW),
	SANDBOX_ELSE(SECCOMP_RET_KILL_PROCESS),
};

static enum sandbox_way way;
static double before;
static volatile int is_locked_in;

static void allocate(size_t most)
{
	void *blocks[100];
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < 100; i++)
			blocks[i] = malloc(10 + i * most / 100);
		for (size_t i = 0; i < 100; i++)
			free(i % 3 ? blocks[i] : realloc(blocks[i], 20 + i * most / 100));
	}
}

static void lock_in(void)
{
	struct sock_fprog program = {sizeof for_an_allocator / sizeof *for_an_allocator,
				     (struct sock_filter *)for_an_allocator};
	if (sandbox_enter(&program, way))
		_exit(1);
}

static void *allocate_throughout(void *unused)
{
	while (!is_locked_in)
		allocate(1000);
	allocate(60000);
	return unused;
}

static void live_alone(void)
{
	allocate(60000);
	burn(before);
	lock_in();
	allocate(60000);
	_exit(7);
}

static void live_with_threads(void)
{
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, allocate_throughout, NULL);
	burn(before);
	lock_in();
	is_locked_in = 1;
	allocate(60000);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	syscall(SYS_exit_group, 8);
}

/* read, write, exit and nothing else: small blocks, of which there are enough. */
static void live_strictly(void)
{
	allocate(1000);
	burn(before);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		_exit(1);
	for (int i = 0; i < 100000; i++)
		free(malloc(500));
	syscall(SYS_exit, 9);
}

int main(int argc, char **argv)
{
	static const enum sandbox_way ways[] = {SANDBOX_PRCTL, SANDBOX_SYSCALL,
						SANDBOX_ALL_THREADS};
	if (argc > 1) {
		int number = atoi(argv[1]);
		before = number % 2 ? 0.13 : 0;
		way = ways[number / 2 % 3];
		number < 6 ? live_alone() : number < 12 ? live_with_threads() : live_strictly();
	}
	for (int i = 0; i < 14; i++)
		run_case(i, i < 6 ? "alone" : i < 12 ? "with threads" : "strictly");
	return 0;
}
