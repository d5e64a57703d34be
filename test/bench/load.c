/* SPDX-License-Identifier: Apache-2.0 */
/* load.c -- a fixed amount of work at a given depth of calls, and what the worker used meanwhile.
 *
 *     load DEPTH WARM_ROUNDS ROUNDS
 *
 * After WARM_ROUNDS that do not count, it works ROUNDS and prints "THREAD_NS WORKER_NS END_NS":
 * CPU time of its only thread and of the profiler's during those rounds, and CLOCK_MONOTONIC at
 * its end. Each round goes down another way, so stacks repeat as little as those of a program.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LEAF_TURNS = 4000, FRAMES_OUTSIDE = 4 /* main, work, and two of the C library */ };

struct way {
	uint64_t bits; /* which function is called next, two bits each, used over and over */
	unsigned left;
};

static uint64_t descend(struct way way);

/* Frames of four sizes, each kept by what is done after the call. */
#define STEP(name, size)                                               \
	__attribute__((noinline)) static uint64_t name(struct way way) \
	{                                                              \
		volatile uint64_t room[size];                          \
		room[0] = way.bits;                                    \
		return descend(way) + room[0];                         \
	}
STEP(step_small, 1)
STEP(step_middle, 5)
STEP(step_large, 9)
STEP(step_larger, 13)

__attribute__((noinline)) static uint64_t leaf(uint64_t x)
{
	for (int i = 0; i < LEAF_TURNS; i++)
		x = x * 6364136223846793005u + 1442695040888963407u;
	return x;
}

/* Inlined into each step, so that a level is one frame. */
__attribute__((always_inline)) static inline uint64_t descend(struct way way)
{
	static uint64_t (*const steps[])(struct way) = {step_small, step_middle, step_large,
							step_larger};
	if (!way.left)
		return leaf(way.bits);
	unsigned which = way.bits & 3;
	way.bits = way.bits >> 2 | way.bits << 62;
	way.left--;
	return steps[which](way);
}

__attribute__((noinline)) static uint64_t work(unsigned depth, unsigned long rounds)
{
	uint64_t x = 88172645463325252u;
	for (unsigned long i = 0; i < rounds; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		x += descend((struct way){.bits = x, .left = depth}) & 1;
	}
	return x;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now = {0};
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int is_worker(int tasks, const char *tid)
{
	char path[300], name[17] = "";
	snprintf(path, sizeof(path), "%s/comm", tid);
	int fd = openat(tasks, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t len = read(fd, name, sizeof(name) - 1);
	close(fd);
	return len > 0 && !strcmp(name, "conprof\n");
}

/* CPU time of the profiler's thread; 0 while there is none. */
static uint64_t worker_ns(void)
{
	uint64_t ns = 0;
	DIR *tasks = opendir("/proc/self/task");
	if (!tasks)
		return 0;
	for (struct dirent *task; (task = readdir(tasks));)
		if (is_worker(dirfd(tasks), task->d_name))
			ns += clock_ns((~(clockid_t)atoi(task->d_name)) * 8 | 6);
	closedir(tasks);
	return ns;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: load DEPTH WARM_ROUNDS ROUNDS\n");
		return 2;
	}
	unsigned long depth = strtoul(argv[1], NULL, 10);
	unsigned inner = depth > FRAMES_OUTSIDE ? (unsigned)depth - FRAMES_OUTSIDE : 0;
	volatile uint64_t sink = work(inner, strtoul(argv[2], NULL, 10));
	uint64_t worker = worker_ns(), thread = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	sink += work(inner, strtoul(argv[3], NULL, 10));
	thread = clock_ns(CLOCK_THREAD_CPUTIME_ID) - thread;
	worker = worker_ns() - worker;
	dprintf(STDOUT_FILENO, "%llu %llu %llu\n", (unsigned long long)thread,
		(unsigned long long)worker, (unsigned long long)clock_ns(CLOCK_MONOTONIC));
	return 0;
}
