/* SPDX-License-Identifier: Apache-2.0 */
/* thread_local_memory_of_late_libraries.c -- a hundred threads at once use memory that a loaded
 * library has for each.
 *
 * harm: loading
 * level: P0
 * flags: -O2 -pthread -ldl
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "burn.h"

enum { THREADS = 100, ROUNDS = 6 };

static unsigned (*fill)(unsigned);

static void *use(void *argument)
{
	unsigned value = 1 + (unsigned)(size_t)argument;
	size_t found = fill(value);
	burn(0.001);
	found += fill(value) != value % 256 * 1024;
	return (void *)found;
}

static size_t round_of_threads(void)
{
	pthread_t threads[THREADS];
	size_t faults = 0;
	for (size_t i = 0; i < THREADS; i++)
		faults += pthread_create(&threads[i], NULL, use, (void *)i) != 0;
	for (size_t i = 0; i < THREADS; i++) {
		void *found;
		pthread_join(threads[i], &found);
		faults += (size_t)found;
	}
	return faults;
}

int main(void)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/lib/large_tls.so", getenv("HARM_BIN"));
	burn(0.2);
	for (int i = 0; i < ROUNDS; i++) {
		void *library = dlopen(path, RTLD_NOW);
		fill = library ? (unsigned (*)(unsigned))dlsym(library, "large_tls_fill") : NULL;
		if (!fill) {
			puts("not loaded");
			return 1;
		}
		printf("round %d: %zu faults\n", i, round_of_threads());
		dlclose(library);
	}
	return 0;
}
