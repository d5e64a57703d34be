/* SPDX-License-Identifier: Apache-2.0 */
/* small_stacks_are_enough.c -- coroutines on a few KiB, and a recursion that comes near the guard
 * page, work there as long as they like.
 *
 * A signal's frame alone has 3.6 KiB where registers are wide, so that this leaves little more.
 *
 * harm: signals
 * level: P0
 * naive: eatstack
 */
#include "again.h"
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { PAGE = 4096, LEFT = 4608 };

static ucontext_t outside, inside;

static void work(void)
{
	burn(0.1);
}

/* Whatever a signal needs lies between the stack's lowest byte and the frames of burn. */
static void run_on(size_t size)
{
	char *low = mmap(NULL, size + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(low + PAGE, size, PROT_READ | PROT_WRITE);
	getcontext(&inside);
	inside.uc_stack.ss_sp = low + PAGE;
	inside.uc_stack.ss_size = size;
	inside.uc_link = &outside;
	makecontext(&inside, work, 0);
	swapcontext(&outside, &inside);
	burn(0.02);
	printf("coroutine of %zu bytes came back\n", size);
	munmap(low, size + PAGE);
}

static void of_4_kb(void)
{
	burn(0.05);
	run_on(PAGE + 512);
	run_on(PAGE + 1024);
}

static void of_6_kb(void)
{
	run_on(6144);
	run_on(6144);
}

static void of_8_kb(void)
{
	run_on(8192);
	run_on(8192);
}

static void of_16_kb(void)
{
	run_on(16384);
	run_on(16384);
}

static __attribute__((noinline)) int descend(const char *low)
{
	volatile char frame[256];
	frame[0] = 1;
	if ((const char *)&frame[0] - low < LEFT + 512) {
		burn(0.1);
		return frame[0];
	}
	return descend(low) + frame[0];
}

static void *recurse(void *unused)
{
	pthread_attr_t attributes;
	void *low;
	size_t size;
	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &low, &size);
	printf("deep enough: %d\n", descend(low) > 100);
	return unused;
}

static void near_the_guard_page(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 65536);
	for (int i = 0; i < 2; i++) {
		pthread_create(&thread, &attributes, recurse, NULL);
		pthread_join(thread, NULL);
	}
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {{"4 KiB", of_4_kb},
						{"6 KiB", of_6_kb},
						{"8 KiB", of_8_kb},
						{"16 KiB", of_16_kb},
						{"near the guard page", near_the_guard_page}};
	return RUN_CASES(argc, argv, cases);
}
