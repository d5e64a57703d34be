/* SPDX-License-Identifier: Apache-2.0 */
/* small_alternate_stacks.c -- handlers compute on an alternate stack that is just large enough.
 *
 * The kernel promises that AT_MINSIGSTKSZ holds the frame of one signal, and nobody promises more.
 * A page that cannot be touched lies below each stack. What sigaction was told, it gives back.
 *
 * harm: signals
 * level: P0
 * flags: -O2 -pthread -Wno-deprecated-declarations
 * naive: cpu+onstack+eatstack
 */
#include "life.h"
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

enum { PAGE = 4096 };

static size_t size;
static int handled;

static void compute(int signal)
{
	burn(0.1);
	handled += signal;
}

static void on_inner(int signal)
{
	burn(0.01);
	handled += signal;
}

static char *guarded_stack(void)
{
	size_t room = (size + PAGE - 1) / PAGE * PAGE;
	char *at =
		mmap(NULL, room + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(at, PAGE, PROT_NONE);
	return at + PAGE;
}

static void *compute_on_it(void *unused)
{
	char *room = guarded_stack();
	stack_t stack = {.ss_sp = room, .ss_size = size}, now;
	if (sigaltstack(&stack, NULL))
		printf("refused\n");
	raise(SIGUSR1);
	sigaltstack(NULL, &now);
	printf("stack is as it was: %d\n",
	       now.ss_sp == room && now.ss_size == size && !now.ss_flags);
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
	return unused;
}

/* All that sigaction gives back must be what was given to it. */
static void print_query(int signal)
{
	struct sigaction action;
	sigaction(signal, NULL, &action);
	printf("%d: flags %x, masked", signal, (unsigned)action.sa_flags & ~0x04000000u);
	for (int i = 1; i <= 64; i++)
		if (sigismember(&action.sa_mask, i) == 1)
			printf(" %d", i);
	printf("\n");
}

static void install(int signal, void (*handler)(int), int flags, int masked)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, before;
	if (masked)
		sigaddset(&action.sa_mask, masked);
	sigaction(signal, &action, &before);
	printf("before: flags %x, %s\n", (unsigned)before.sa_flags & ~0x04000000u,
	       before.sa_handler == SIG_DFL ? "default" : "not default");
	print_query(signal);
}

static void try_stack(const char *what, size_t bytes)
{
	pthread_t thread;
	printf("%s\n", what);
	size = bytes;
	compute_on_it(NULL);
	pthread_create(&thread, NULL, compute_on_it, NULL);
	pthread_join(thread, NULL);
	printf("handled: %d\n", handled);
}

/* Through the doors that do not lead by sigaction. */
static void install_otherwise(void)
{
	install(SIGUSR1, compute, SA_ONSTACK | SA_NODEFER, SIGURG);
	siginterrupt(SIGUSR1, 1);
	print_query(SIGUSR1);
	siginterrupt(SIGUSR1, 0);
	print_query(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	print_query(SIGUSR1);
	sysv_signal(SIGUSR1, on_inner);
	print_query(SIGUSR1);
}

int main(void)
{
	size_t least = getauxval(AT_MINSIGSTKSZ);
	burn(0.01); /* the loader looks for names here, on a stack with room for it */
	install(SIGUSR1, compute, SA_ONSTACK, 0);
	install(SIGUSR2, on_inner, SA_ONSTACK | SA_RESTART, SIGWINCH);
	try_stack("the least and 1 KiB", least + 1024);
	try_stack("8 KiB", 8192);
	try_stack("16 KiB", 16384);
	install_otherwise();
	return 0;
}
