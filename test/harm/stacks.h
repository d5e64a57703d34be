/* SPDX-License-Identifier: Apache-2.0 */
/* stacks.h -- using CPU time on stacks of any size, for rows about small ones.
 *
 * Included behind life.h.
 */
#pragma once
#include <alloca.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { PAGE = 4096, THREAD_STACK = 1 << 18 };

static double burn_first;
static ucontext_t outside, inside;
static size_t stack_left;

/* The top of the room; the page below the room cannot be touched. */
static char *guarded(size_t size)
{
	char *at =
		mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED || mprotect(at, PAGE, PROT_NONE))
		exit(3);
	return at + PAGE;
}

static void burn_there(void)
{
	burn(0.12);
}

static void (*work_there)(void) = burn_there;

static void coroutine(void)
{
	work_there();
}

static void compute_in_coroutine(size_t size)
{
	getcontext(&inside);
	inside.uc_stack = (stack_t){.ss_sp = guarded(size), .ss_size = size};
	inside.uc_link = &outside;
	makecontext(&inside, coroutine, 0);
	swapcontext(&outside, &inside);
}

/* As coroutine libraries do that do not use the C library's. */
static inline void compute_on_own_stack(size_t size)
{
	char *top = guarded(size) + size;
	__asm__ volatile("movq %%rsp, %%rbx\n"
			 "movq %0, %%rsp\n"
			 "call *%1\n"
			 "movq %%rbx, %%rsp\n"
			 :
			 : "r"(top), "r"(coroutine)
			 : "rbx", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
			   "xmm0", "xmm1", "memory", "cc");
}

static void *descend(void *low)
{
	char here;
	size_t room = (size_t)((uintptr_t)&here - (uintptr_t)low);
	volatile char *used = alloca(room - stack_left);
	used[0] = 1;
	work_there();
	used[0] = 2;
	return NULL;
}

static void compute_near_end(size_t left)
{
	pthread_t thread;
	pthread_attr_t attributes;
	char *low = guarded(THREAD_STACK);
	stack_left = left;
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, low, THREAD_STACK);
	pthread_create(&thread, &attributes, descend, low);
	pthread_join(thread, NULL);
}

static int compute_so(void (*compute)(size_t), size_t size)
{
	burn(burn_first + 0.01); /* at least so that the loader has found all names */
	compute(size);
	return 0;
}
