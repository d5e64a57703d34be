/* SPDX-License-Identifier: Apache-2.0 */
/* threads_by_other_doors.c -- threads of C11, of timers, of the resolver and of a bare clone work
 * as any other, beside each other.
 *
 * harm: threads
 * level: P0
 * naive: malloc
 */
#include "life.h"
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <threads.h>

enum { THREADS = 40, STACK = 65536 };

static sem_t was_notified;
static volatile int is_cleared = 1, sum;

static int c11_thread(void *argument)
{
	burn(0.003);
	for (int i = 0; i < 100; i++)
		free(malloc((size_t)i * 50 + 1));
	return (int)(size_t)argument;
}

static void by_c11(void)
{
	thrd_t threads[THREADS];
	int right = 0, result;
	for (size_t i = 0; i < THREADS; i++)
		thrd_create(&threads[i], c11_thread, (void *)i);
	for (int i = 0; i < THREADS; i++)
		right += thrd_join(threads[i], &result) == thrd_success && result == i;
	printf("C11: %d of %d\n", right, THREADS);
}

static void notify(union sigval value)
{
	burn(0.002);
	free(malloc(1000));
	if (value.sival_int == 17)
		sem_post(&was_notified);
}

static void by_timer(void)
{
	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_value.sival_int = 17};
	struct itimerspec often = {{0, 5000000}, {0, 5000000}};
	event.sigev_notify_function = notify;
	sem_init(&was_notified, 0, 0);
	printf("timer: %d", timer_create(CLOCK_MONOTONIC, &event, &timer));
	timer_settime(timer, 0, &often, NULL);
	for (int i = 0; i < 10; i++)
		sem_wait(&was_notified);
	printf(" %d\n", timer_delete(timer));
}

/* Numbers, so that nobody is asked. */
static void by_resolver(void)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_family = AF_INET};
	struct gaicb request = {.ar_name = "127.0.0.1", .ar_request = &hints};
	struct gaicb *list[] = {&request};
	printf("resolver: %d", getaddrinfo_a(GAI_NOWAIT, list, 1, NULL));
	while (gai_error(&request) == EAI_INPROGRESS)
		gai_suspend((const struct gaicb *const *)list, 1, NULL);
	printf(" %d %d\n", gai_error(&request), request.ar_result != NULL);
	freeaddrinfo(request.ar_result);
}

/* Has no thread-local memory of its own, thus calls nobody. */
static int bare_thread(void *unused)
{
	(void)unused;
	for (int i = 0; i < 50000000; i++)
		__asm__ volatile("" : "+m"(sum));
	sum = 5;
	return 0;
}

static void by_clone(void)
{
	static char stack[STACK] __attribute__((aligned(16)));
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		    CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
	int thread = clone(bare_thread, stack + STACK, flags, NULL, NULL, NULL, &is_cleared);
	while (is_cleared)
		usleep(1000);
	printf("clone: %d %d\n", thread > 0, sum);
}

static void *pthread_of_its_own(void *unused)
{
	burn(0.05);
	by_timer();
	return unused;
}

int main(void)
{
	pthread_t thread;
	by_clone();
	burn(0.12);
	by_c11();
	by_timer();
	by_resolver();
	is_cleared = 1;
	by_clone();
	pthread_create(&thread, NULL, pthread_of_its_own, NULL);
	return pthread_join(thread, NULL);
}
