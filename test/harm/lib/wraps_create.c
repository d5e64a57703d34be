/* SPDX-License-Identifier: Apache-2.0 */
/* wraps_create.c -- another library that takes over pthread_create, and counts what passes.
 *
 * flags: -O2 -pthread -DWRAPS_COUNT=wraps_before
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

_Atomic unsigned WRAPS_COUNT;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *),
		   void *argument)
{
	static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	WRAPS_COUNT++;
	return real(thread, attributes, routine, argument);
}
