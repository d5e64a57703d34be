/* SPDX-License-Identifier: Apache-2.0 */
/* stacks_are_large.c -- where the limits ask for a huge stack, and on memory leave room for one of
 * them, a thread has it.
 *
 * harm: threads
 * level: P0
 * naive: thread
 */
#include "again.h"
#include <pthread.h>
#include <sys/resource.h>

/* All of a process without threads takes far less than what is left. */
enum { MB = 1 << 20, STACK_MB = 512, MEMORY_MB = 900 };

static void *work(void *unused)
{
	burn(0.1);
	return unused;
}

/* The first case, and what the others execute: the size of stacks is looked up at start. */
static void as_it_is(void)
{
	pthread_t thread;
	burn(0.25);
	int error = pthread_create(&thread, NULL, work, NULL);
	printf("thread: %d\n", error);
	if (!error)
		pthread_join(thread, NULL);
}

static void limit(__rlimit_resource_t what, rlim_t most)
{
	struct rlimit limit;
	getrlimit(what, &limit);
	limit.rlim_cur = most;
	expect(!setrlimit(what, &limit), "limited");
}

static void execute(void)
{
	fflush(stdout);
	execl("/proc/self/exe", "row", "0", NULL);
}

static void of_half_a_gigabyte(void)
{
	limit(RLIMIT_STACK, (rlim_t)STACK_MB * MB);
	limit(RLIMIT_AS, (rlim_t)MEMORY_MB * MB);
	execute();
}

static void unlimited(void)
{
	limit(RLIMIT_STACK, RLIM_INFINITY);
	execute();
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {{"as it is", as_it_is},
						{"half a gigabyte", of_half_a_gigabyte},
						{"unlimited", unlimited}};
	return RUN_CASES(argc, argv, cases);
}
