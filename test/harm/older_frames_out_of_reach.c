/* SPDX-License-Identifier: Apache-2.0 */
/* older_frames_out_of_reach.c -- pages of the stack are made unreadable while newer frames compute.
 *
 * By mprotect, and by a protection key where the processor has them.
 *
 * harm: unwinding
 * level: P0
 * naive: cpu+backtrace
 */
#include "life.h"
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

enum { PAGE = 4096, STACK = 256 << 10, DEPTH = 20 };

static int by_mprotect(char *page, int closed)
{
	return mprotect(page, PAGE, closed ? PROT_NONE : PROT_READ | PROT_WRITE);
}

static int by_protection_key(char *page, int closed)
{
	static int key = -1;
	if (key < 0)
		key = pkey_alloc(0, PKEY_DISABLE_ACCESS);
	if (key < 0)
		return by_mprotect(page, closed);
	return pkey_mprotect(page, PAGE, PROT_READ | PROT_WRITE, closed ? key : 0);
}

static int (*protect)(char *, int);

/* Only this page is closed: it holds older frames and nothing that is needed before it is open. */
__attribute__((noinline)) static void descend(int depth, char *page)
{
	volatile char room[2000];
	room[0] = (char)depth;
	if (depth > 0) {
		descend(depth - 1, page);
	} else {
		int failed = protect(page, 1);
		for (volatile int i = 0; i < 60000000; i++)
			;
		failed |= protect(page, 0);
		printf("closed and opened %d\n", !failed);
	}
	room[1] = room[0];
}

static void *work(void *stack)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	descend(DEPTH, (char *)((here - 3 * PAGE) & ~(uintptr_t)(PAGE - 1)));
	return stack;
}

static void live(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	work(NULL);
	pthread_create(&thread, &attributes, work, NULL);
	pthread_join(thread, NULL);
	exit(7);
}

int main(int argc, char **argv)
{
	static int (*const ways[])(char *, int) = {by_mprotect, by_protection_key};
	if (argc > 1) {
		protect = ways[atoi(argv[1])];
		live();
	}
	for (int i = 0; i < 2; i++)
		print_ending(i ? "key" : "mprotect", wait_at_most(begin_again_with(i), 20));
	return 0;
}
