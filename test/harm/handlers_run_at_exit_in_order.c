/* SPDX-License-Identifier: Apache-2.0 */
/* handlers_run_at_exit_in_order.c -- atexit, on_exit, at_quick_exit, destructors, open streams.
 *
 * harm: life
 * level: P0
 * naive: slowexit
 */
#include "life.h"

static void first(void)
{
	printf("registered first\n");
	burn(0.1);
}

static void second(void)
{
	printf("registered second\n");
	free(malloc(100000));
	atexit(first);
}

static void third(int status, void *argument)
{
	printf("registered third, status %d %s\n", status, (char *)argument);
}

static void quick(void)
{
	printf("quick\n");
	fflush(stdout);
	burn(0.1);
}

__attribute__((constructor)) static void begin(void)
{
	printf("constructor\n");
}

__attribute__((destructor)) static void finish(void)
{
	printf("destructor\n");
	burn(0.1);
}

static void live(int quickly)
{
	FILE *left_open = fopen(quickly ? "quick" : "slow", "w");
	atexit(first);
	atexit(second);
	on_exit(third, "argument");
	at_quick_exit(quick);
	at_quick_exit(quick);
	fprintf(left_open, "buffered\n");
	burn(0.2);
	if (quickly)
		quick_exit(4);
	exit(5);
}

int main(void)
{
	for (int quickly = 0; quickly < 2; quickly++) {
		fflush(stdout);
		pid_t child = fork();
		if (child == 0)
			live(quickly);
		print_ending(quickly ? "quickly" : "slowly", wait_at_most(child, 20));
	}
	_exit(0);
}
