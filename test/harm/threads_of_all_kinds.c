/* SPDX-License-Identifier: Apache-2.0 */
/* threads_of_all_kinds.c -- every kind of thread is made as asked, runs, and is what it was.
 *
 * Sizes of stacks that are too small have to be refused alike: what a library has of thread-local
 * memory is taken from them.
 *
 * harm: threads
 * level: P0
 * naive: tls
 * flags: -O2 -pthread -lanl
 */
#include "life.h"
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <threads.h>

static sem_t ended;

static void *work(void *name)
{
	char now[16];
	burn(0.02);
	pthread_getname_np(pthread_self(), now, sizeof now);
	if (name)
		printf("%s, named %s\n", (char *)name, now);
	sem_post(&ended);
	return name;
}

/* Stacks that a page more or less of thread-local memory makes too small. */
static void make_with_stacks(void)
{
	for (size_t size = 0; size <= 32768; size += 1024) {
		pthread_t thread;
		pthread_attr_t attributes;
		pthread_attr_init(&attributes);
		int error =
			pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN + size);
		if (!error)
			error = pthread_create(&thread, &attributes, work, NULL);
		if (!error)
			pthread_join(thread, NULL);
		printf("least stack and %zu: %s\n", size, error ? strerror(error) : "runs");
		pthread_attr_destroy(&attributes);
	}
}

static void *describe(void *room)
{
	pthread_attr_t attributes;
	void *at;
	size_t size, guard;
	int detached;
	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &at, &size);
	pthread_attr_getguardsize(&attributes, &guard);
	pthread_attr_getdetachstate(&attributes, &detached);
	printf("stack of %zu, its own %d, guard %zu, detached %d\n", size, at == room, guard,
	       detached == PTHREAD_CREATE_DETACHED);
	pthread_attr_destroy(&attributes);
	return work("described");
}

static void make_with_attributes(void)
{
	enum { SIZE = 1 << 18 };
	pthread_t thread;
	pthread_attr_t attributes;
	char *room = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, room, SIZE);
	pthread_create(&thread, &attributes, describe, room);
	pthread_setname_np(thread, "on its own");
	pthread_join(thread, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setguardsize(&attributes, 65536);
	pthread_attr_setstacksize(&attributes, 1 << 20);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_create(&thread, &attributes, describe, NULL);
	sem_wait(&ended);
	sem_wait(&ended);
}

static int work_as_c11(void *name)
{
	work(name);
	return 11;
}

static void make_by_c11(void)
{
	thrd_t thread;
	int result = 0;
	thrd_create(&thread, work_as_c11, "C11");
	thrd_join(thread, &result);
	sem_wait(&ended);
	printf("C11: %d\n", result);
}

static void on_timer(union sigval value)
{
	work(value.sival_ptr);
}

static void make_by_timer(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_timer};
	event.sigev_value.sival_ptr = "timer";
	timer_t timer;
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &(struct itimerspec){.it_value = {0, 1000000}}, NULL);
	sem_wait(&ended);
	timer_delete(timer);
}

static int spin(void *shared)
{
	for (int i = 0; i < 30000000; i++)
		atomic_fetch_add_explicit((atomic_int *)shared, 1, memory_order_relaxed);
	return 0;
}

/* Without the C library: it has neither its thread-local memory nor its list entry. */
static void make_by_clone(void)
{
	enum { SIZE = 1 << 16 };
	static atomic_int count, tid = -1;
	char *room = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		    CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
	clone(spin, room + SIZE, flags, &count, NULL, NULL, &tid);
	while (atomic_load(&tid))
		burn(0.001);
	printf("clone: counted to %d\n", atomic_load(&count));
	munmap(room, SIZE);
}

static void make_by_looking_up(void)
{
	struct gaicb query = {.ar_name = "127.0.0.1", .ar_service = "80"}, *list[] = {&query};
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	query.ar_request = &hints;
	getaddrinfo_a(GAI_WAIT, list, 1, NULL);
	printf("getaddrinfo_a: %d\n", gai_error(&query));
	freeaddrinfo(query.ar_result);
}

static void make_detached(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, work, "detached");
	pthread_detach(thread);
	sem_wait(&ended);
	sem_wait(&ended);
}

/* What is wrong has to be found wrong, by the same number. */
static void make_none(void)
{
	pthread_t thread;
	pthread_attr_t attributes;
	cpu_set_t nowhere;
	CPU_ZERO(&nowhere);
	CPU_SET(CPU_SETSIZE - 1, &nowhere);
	pthread_attr_init(&attributes);
	pthread_attr_setaffinity_np(&attributes, sizeof nowhere, &nowhere);
	printf("on a processor that is not there: %d\n",
	       pthread_create(&thread, &attributes, work, NULL));
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)1 << 46);
	printf("with 64 TiB: %d\n", pthread_create(&thread, &attributes, work, NULL));
}

int main(void)
{
	sem_init(&ended, 0, 0);
	make_with_stacks();
	for (int i = 0; i < 33; i++)
		sem_trywait(&ended);
	make_with_attributes();
	make_by_c11();
	make_by_timer();
	make_by_clone();
	make_by_looking_up();
	make_none();
	pthread_t thread;
	pthread_create(&thread, NULL, work, "joined");
	pthread_join(thread, NULL);
	make_detached();
	return 0;
}
