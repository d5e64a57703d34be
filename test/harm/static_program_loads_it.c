/* SPDX-License-Identifier: Apache-2.0 */
/* static_program_loads_it.c -- a static program, which has a C library of its own, loads the
 * library.
 *
 * harm: loading
 * level: P1
 * preload: only=none
 * naive: stderr
 * flags: -O2 -static-pie -pthread -Wl,--no-warnings
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "burn.h"

static void *answer(void *argument)
{
	burn(0.05);
	return (char *)argument + 1;
}

int main(void)
{
	void *library = dlopen(getenv("HARM_LIBRARY"), RTLD_NOW), *result;
	pthread_t thread;
	printf("loaded: %s\n", library ? "yes" : "no");
	burn(0.4);
	printf("thread: %d\n", pthread_create(&thread, NULL, answer, NULL));
	pthread_join(thread, &result);
	printf("it said %d\n", (int)(size_t)result);
	return 0;
}
