/* SPDX-License-Identifier: Apache-2.0 */
/* library_loaded_by_hand.c -- four threads load and unload the library 200 times each, then end.
 *
 * harm: loading
 * level: P0
 * preload: only=none
 * naive: stderr, slowexit
 * flags: -O2 -pthread -ldl
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "burn.h"

static void *load(void *unused)
{
	size_t loaded = 0;
	(void)unused;
	for (int i = 0; i < 200; i++) {
		void *library = dlopen(getenv("HARM_LIBRARY"), RTLD_LAZY);
		loaded += library != NULL;
		burn(0.0005);
		if (library)
			dlclose(library);
	}
	return (void *)loaded;
}

int main(void)
{
	pthread_t threads[4];
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, load, NULL);
	for (int i = 0; i < 4; i++) {
		void *loaded;
		pthread_join(threads[i], &loaded);
		printf("thread %d: loaded %zu times\n", i, (size_t)loaded);
	}
	burn(0.2); /* what was loaded goes on working */
	return 0;
}
