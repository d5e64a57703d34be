/* SPDX-License-Identifier: Apache-2.0 */
/* pthread_create_by_any_name.c -- pthread_create found by each way of looking it up, each version
 * of it.
 *
 * harm: loading
 * level: P0
 * flags: -O2 -pthread -ldl
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "burn.h"

typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

static void *answer(void *argument)
{
	burn(0.003);
	return (char *)argument + 1;
}

static void try_with(const char *way, create *function)
{
	printf("%s: %s\n", way, function ? "found" : "absent");
	if (!function)
		return;
	int started = 0, answered = 0;
	pthread_t threads[10];
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 65536);
	for (size_t i = 0; i < 10; i++)
		started += !function(&threads[i], i % 2 ? &attributes : NULL, answer, (void *)i);
	for (size_t i = 0; i < 10; i++) {
		void *result;
		answered += !pthread_join(threads[i], &result) && result == (void *)(i + 1);
	}
	printf("%s: %d started, %d answered\n", way, started, answered);
	struct sched_param priority = {.sched_priority = 1000};
	printf("%s: impossible priority: %s\n", way,
	       strerror(pthread_attr_setschedparam(&attributes, &priority)));
	pthread_attr_setstacksize(&attributes, (size_t)1 << 46);
	printf("%s: impossible stack: %s\n", way,
	       strerror(function(&threads[0], &attributes, answer, NULL)));
	pthread_attr_destroy(&attributes);
}

int main(void)
{
	burn(0.2);
	void *libc = dlopen("libc.so.6", RTLD_LAZY);
	try_with("itself", pthread_create);
	try_with("default", (create *)dlsym(RTLD_DEFAULT, "pthread_create"));
	try_with("next", (create *)dlsym(RTLD_NEXT, "pthread_create"));
	try_with("libc's", (create *)dlsym(libc, "pthread_create"));
	static const char *const versions[] = {"GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_9.9"};
	for (int i = 0; i < 3; i++) {
		try_with(versions[i],
			 (create *)dlvsym(RTLD_DEFAULT, "pthread_create", versions[i]));
		try_with(versions[i], (create *)dlvsym(RTLD_NEXT, "pthread_create", versions[i]));
		try_with(versions[i], (create *)dlvsym(libc, "pthread_create", versions[i]));
	}
	return 0;
}
