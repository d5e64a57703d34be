/* SPDX-License-Identifier: Apache-2.0 */
/* stacks_that_go_at_once.c -- contexts on small stacks that are unmapped as soon as they are left.
 *
 * Room for a signal frame and 2 KiB, between pages that cannot be touched.
 *
 * harm: unwinding
 * level: P0
 * naive: cpu+eatstack
 */
#include "life.h"
#include <sys/auxv.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { PAGE = 4096, SPARE = 2048, CONTEXTS = 400 };

static ucontext_t main_context, other_context;
static volatile long sum;

__attribute__((noinline)) static void compute(void)
{
	for (volatile int i = 0; i < 1500000; i++)
		sum++;
}

static void run_in_context(void)
{
	compute();
	swapcontext(&other_context, &main_context);
}

int main(void)
{
	size_t needed = getauxval(AT_MINSIGSTKSZ) + SPARE;
	size_t size = (needed + PAGE - 1) & ~(size_t)(PAGE - 1);
	for (int i = 0; i < CONTEXTS; i++) {
		char *area =
			mmap(NULL, size + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		mprotect(area + PAGE, size, PROT_READ | PROT_WRITE);
		getcontext(&other_context);
		other_context.uc_stack.ss_sp = area + PAGE;
		other_context.uc_stack.ss_size = needed & ~(size_t)15;
		other_context.uc_link = &main_context;
		makecontext(&other_context, run_in_context, 0);
		swapcontext(&main_context, &other_context);
		munmap(area, size + 2 * PAGE);
	}
	printf("computed %ld\n", sum);
	return 0;
}
