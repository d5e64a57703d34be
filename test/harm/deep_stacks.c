/* SPDX-License-Identifier: Apache-2.0 */
/* deep_stacks.c -- main goes down nearly all of its stack and comes back, with and without a limit.
 *
 * Executes itself, since the limit at the start decides where libraries are.
 *
 * harm: unwinding
 * level: P0
 */
#include "life.h"
#include <pthread.h>
#include <sys/resource.h>

enum { MIB = 1 << 20, FRAME = 1000 };

static long deepest;

__attribute__((noinline)) static long descend(long bytes)
{
	volatile char room[FRAME];
	room[0] = (char)bytes;
	if (bytes <= 0) {
		burn(0.05);
		deepest++;
		return room[0];
	}
	long below = descend(bytes - FRAME - 48);
	return below + room[0] - (char)bytes;
}

/* Little frames, so that there are many; the sum keeps them from being a loop. */
__attribute__((noinline)) static long count_down(long frames)
{
	if (frames == 0)
		burn(0.05);
	return frames ? count_down(frames - 1) + 1 : 0;
}

static void *be_deep(void *bytes)
{
	for (int i = 0; i < 2; i++) {
		burn(0.02);
		descend((long)bytes);
	}
	return NULL;
}

static void live(void)
{
	pthread_t thread;
	be_deep((void *)(long)(7 * MIB + MIB / 4));
	printf("frames %ld\n", count_down(50000));
	pthread_create(&thread, NULL, be_deep, (void *)(long)(MIB + MIB / 2));
	pthread_join(thread, NULL);
	printf("was deep %ld times\n", deepest);
	exit(7);
}

int main(int argc, char **argv)
{
	static const rlim_t limits[] = {8 * MIB, RLIM_INFINITY, 64 * MIB};
	if (argc > 1)
		live();
	for (int i = 0; i < 3; i++) {
		pid_t child = fork();
		if (child == 0) {
			struct rlimit limit = {limits[i], RLIM_INFINITY};
			setrlimit(RLIMIT_STACK, &limit);
			execl("/proc/self/exe", argv[0], "deep", NULL);
			_exit(1);
		}
		print_ending("stack", wait_at_most(child, 30));
	}
	return 0;
}
