/* SPDX-License-Identifier: Apache-2.0 */
/* threads_of_every_attribute.c -- detached, on stacks of their own, named, and refused as before.
 *
 * harm: threads
 * level: P0
 */
#include "life.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>

enum { STACK = 256 * 1024 };

static char *stack;
static sem_t is_done;

/* Sizes with the little that the C library rounds; the address only where it is ours. */
static void show_self(const char *what)
{
	pthread_attr_t attributes;
	size_t size, guard;
	void *low;
	char name[16] = "";
	int detached, error = pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &low, &size);
	pthread_attr_getguardsize(&attributes, &guard);
	pthread_attr_getdetachstate(&attributes, &detached);
	pthread_getname_np(pthread_self(), name, sizeof name);
	printf("%s: %d, stack %zu%s, guard %zu, detached %d, name %s\n", what, error, size,
	       low == stack ? " ours" : "", guard, detached == PTHREAD_CREATE_DETACHED, name);
	pthread_attr_destroy(&attributes);
}

static void *work(void *what)
{
	burn(0.02);
	show_self(what);
	pthread_setname_np(pthread_self(), "renamed");
	burn(0.01);
	show_self(what);
	sem_post(&is_done);
	return what;
}

static void create(const char *what, const pthread_attr_t *attributes)
{
	pthread_t thread;
	void *result;
	int error = pthread_create(&thread, attributes, work, (void *)what);
	if (error) {
		printf("%s: %s\n", what, strerrorname_np(error));
		return;
	}
	sem_wait(&is_done);
	int detached = PTHREAD_CREATE_JOINABLE;
	if (attributes)
		pthread_attr_getdetachstate(attributes, &detached);
	if (detached == PTHREAD_CREATE_JOINABLE)
		printf("%s: joined %d\n", what, pthread_join(thread, &result) || result != what);
	else
		usleep(20000);
}

int main(void)
{
	pthread_attr_t attributes;
	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sem_init(&is_done, 0, 0);
	burn(0.15);
	create("no attributes", NULL);
	pthread_attr_init(&attributes);
	create("defaults", &attributes);
	pthread_attr_setguardsize(&attributes, 3 * 4096);
	create("large guard", &attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	create("detached", &attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_JOINABLE);
	pthread_attr_setstack(&attributes, stack, STACK);
	create("own stack", &attributes);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)1 << 46);
	create("far too large", &attributes);
	pthread_attr_init(&attributes);
	cpu_set_t none;
	CPU_ZERO(&none);
	pthread_attr_setaffinity_np(&attributes, sizeof none, &none);
	create("no processor", &attributes);
	show_self("main");
	return 0;
}
