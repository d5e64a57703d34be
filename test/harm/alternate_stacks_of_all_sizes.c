/* SPDX-License-Identifier: Apache-2.0 */
/* alternate_stacks_of_all_sizes.c -- a handler on an alternate stack hardly larger than what the
 * kernel itself asks for works there for a while.
 *
 * harm: signals
 * level: P0
 * naive: onstack+eatstack
 */
#include "again.h"
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>

enum { PAGE = 4096, ROOM_FOR_HANDLER = 1024 };

static volatile int is_done;

/* Little of a frame, and no call that might need more. */
static void work(int number)
{
	struct timespec now, end;
	(void)number;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	end.tv_nsec += 80000000;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
	is_done = 1;
}

/* Its lowest byte is the first behind a page that nobody may touch. */
static void *guarded(size_t size)
{
	size_t pages = (size + PAGE - 1) / PAGE * PAGE;
	char *low = mmap(NULL, pages + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(low + PAGE, pages, PROT_READ | PROT_WRITE);
	return low + PAGE;
}

static void *handle(void *size_of_stack)
{
	size_t size = *(size_t *)size_of_stack;
	stack_t stack = {.ss_sp = guarded(size), .ss_size = size};
	struct sigaction action = {.sa_handler = work, .sa_flags = SA_ONSTACK};
	printf("stack: %d\n", sigaltstack(&stack, NULL));
	sigaction(SIGUSR1, &action, NULL);
	is_done = 0;
	pthread_kill(pthread_self(), SIGUSR1);
	printf("done %d\n", is_done);
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
	return NULL;
}

static void use(size_t size)
{
	pthread_t thread;
	handle(&size);
	burn(0.05);
	handle(&size);
	pthread_create(&thread, NULL, handle, &size);
	pthread_join(thread, NULL);
}

static void least(void)
{
	use(getauxval(AT_MINSIGSTKSZ) + ROOM_FOR_HANDLER);
}

static void of_8_kb(void)
{
	use(8192);
}

static void of_16_kb(void)
{
	use(16384);
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {
		{"least", least}, {"8 KiB", of_8_kb}, {"16 KiB", of_16_kb}};
	return RUN_CASES(argc, argv, cases);
}
