/* SPDX-License-Identifier: Apache-2.0 */
/* others_wrap_pthread_create.c -- libraries before and behind take over pthread_create as well.
 *
 * harm: loading
 * level: P0
 * preload: before=lib/wraps_create.so after=lib/wraps_create_too.so
 * flags: -O2 -pthread -ldl
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "burn.h"

static void *answer(void *argument)
{
	burn(0.02);
	return (char *)argument + 1;
}

int main(void)
{
	int answered = 0;
	burn(0.2);
	for (size_t i = 0; i < 20; i++) {
		pthread_t thread;
		void *result = NULL;
		if (!pthread_create(&thread, NULL, answer, (void *)i))
			pthread_join(thread, &result);
		answered += result == (void *)(i + 1);
	}
	printf("%d answered\n", answered);
	static const char *const counts[] = {"wraps_before", "wraps_after"};
	for (int i = 0; i < 2; i++) {
		_Atomic unsigned *count = dlsym(RTLD_DEFAULT, counts[i]);
		printf("%s: %u\n", counts[i], *count);
	}
	return 0;
}
