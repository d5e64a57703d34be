/* SPDX-License-Identifier: Apache-2.0 */
/* libraries_allocate_as_they_come_and_go.c -- their constructors and destructors allocate, and so
 * do other threads meanwhile.
 *
 * harm: memory
 * level: P0
 * naive: missing
 * flags: -O2 -pthread -ldl
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>

#include "burn.h"
#include "churn.h"

enum { THREADS = 4, LOADERS = 2, LOADS = 200 };

static char path[4096];
static atomic_int stop;

static void *allocate(void *seed)
{
	size_t faults = 0;
	while (!stop)
		faults += churn((unsigned)(size_t)seed, 500);
	return (void *)faults;
}

/* The code is gone by the time that its stacks are looked at. */
static void *load(void *unused)
{
	size_t faults = 0;
	for (int i = 0; i < LOADS; i++) {
		void *library = dlopen(path, RTLD_NOW);
		unsigned (*check)(void) =
			(unsigned (*)(void))dlsym(library, "allocates_at_load_check");
		faults += check ? check() : 1;
		faults += dlclose(library) != 0;
	}
	(void)unused;
	return (void *)faults;
}

int main(void)
{
	pthread_t threads[THREADS + LOADERS];
	size_t faults = 0;
	snprintf(path, sizeof path, "%s/lib/allocates_at_load.so", getenv("HARM_BIN"));
	burn(0.12);
	for (size_t i = 0; i < THREADS + LOADERS; i++)
		pthread_create(&threads[i], NULL, i < THREADS ? allocate : load, (void *)i);
	for (size_t i = THREADS + LOADERS; i-- > 0;) {
		void *found;
		stop = i < THREADS;
		pthread_join(threads[i], &found);
		faults += (size_t)found;
	}
	printf("%zu faults\n", faults);
	return 0;
}
