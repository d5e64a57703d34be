/* SPDX-License-Identifier: Apache-2.0 */
/* handlers_allocate_and_jump_out.c -- programs that recover from faults allocate in the handler and
 * jump out of it, while others allocate and libraries come and go.
 *
 * harm: memory
 * level: P0
 * naive: missing
 * flags: -O2 -pthread -ldl
 */
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "burn.h"

enum { FAULTS = 3000, THREADS = 4 };

static __thread sigjmp_buf again;
static __thread char *from_handler;
static atomic_int stop;
static int *volatile nowhere;

static void recover(int number)
{
	(void)number;
	from_handler = memalign(32, 2000);
	memset(from_handler, 0x11, 2000);
	siglongjmp(again, 1);
}

static void *fault_often(void *unused)
{
	size_t recovered = 0;
	for (volatile int i = 0; i < FAULTS; i++) {
		char *volatile kept = malloc(300);
		if (sigsetjmp(again, 1) == 0)
			*nowhere = 1;
		recovered += from_handler[1999] == 0x11;
		free(from_handler);
		free(kept);
	}
	(void)unused;
	return (void *)recovered;
}

static void *allocate(void *unused)
{
	while (!stop)
		for (size_t i = 1; i < 100; i++)
			free(realloc(malloc(i * 10), i * 30));
	return unused;
}

static void *load(void *unused)
{
	while (!stop) {
		void *library = dlopen("libutil.so.1", RTLD_NOW);
		if (library)
			dlclose(library);
	}
	return unused;
}

int main(void)
{
	pthread_t threads[THREADS + 1], faulting[2];
	void *recovered;
	sigaction(SIGSEGV, &(struct sigaction){.sa_handler = recover}, NULL);
	burn(0.12);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, allocate, NULL);
	pthread_create(&threads[THREADS], NULL, load, NULL);
	for (int i = 0; i < 2; i++)
		pthread_create(&faulting[i], NULL, fault_often, NULL);
	for (int i = 0; i < 2; i++) {
		pthread_join(faulting[i], &recovered);
		printf("%zu recovered\n", (size_t)recovered);
	}
	stop = 1;
	for (int i = 0; i <= THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
