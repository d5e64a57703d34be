/* SPDX-License-Identifier: Apache-2.0 */
/* fork_while_threads_allocate.c -- a child of a busy multi-threaded process can use all of libc.
 *
 * harm: life
 * level: P0
 * naive: malloc
 */
#include "life.h"
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>

enum { THREADS = 5, FORKS = 300, MOST_HUNG = 1 };

static volatile int stop;

static void *allocate(void *unused)
{
	while (!stop)
		free(malloc(64));
	return unused;
}

static int resolves(void)
{
	struct addrinfo *found, hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	if (getaddrinfo("127.0.0.1", "80", &hints, &found))
		return 0;
	freeaddrinfo(found);
	return 1;
}

static void live_as_child(void)
{
	char text[64];
	for (int i = 0; i < 20; i++)
		free(malloc((size_t)100 << (i % 8)));
	snprintf(text, sizeof text, "%.3f", 1.5);
	void *library = dlopen("libutil.so.1", RTLD_NOW);
	_exit(resolves() && library && dlclose(library) == 0 ? 0 : 1);
}

int main(void)
{
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, allocate, NULL);
	int hung = 0, failed = 0;
	for (int i = 0; i < FORKS && hung < MOST_HUNG; i++) {
		pid_t child = fork();
		if (child == 0)
			live_as_child();
		int status = wait_at_most(child, 20);
		hung += status == -1;
		failed += status > 0;
	}
	stop = 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("children that hung: %d, that failed: %d\n", hung, failed);
	return 0;
}
