/* SPDX-License-Identifier: Apache-2.0 */
/* children_allocate.c -- children of fork and vfork allocate while threads of the parent do.
 *
 * harm: memory
 * level: P0
 * naive: lock
 */
#include "life.h"
#include "churn.h"
#include <stdatomic.h>

enum { ALLOCATING = 4, FORKING = 3, FORKS = 40 };

static atomic_int stop;

static void *allocate(void *seed)
{
	size_t faults = 0;
	while (!stop)
		faults += churn((unsigned)(size_t)seed, 200);
	return (void *)faults;
}

/* Also a grandchild, and blocks that the parent had. */
static void live_as_child(void *inherited)
{
	free(realloc(inherited, 5000));
	size_t faults = churn(7, 300);
	pid_t child = fork();
	if (child == 0)
		_exit(churn(8, 300) != 0);
	_exit(faults || wait_at_most(child, 20));
}

/* A child of vfork has its parent's memory: what it takes it gives back. */
static int live_in_the_parent(void)
{
	pid_t child = vfork();
	if (child == 0) {
		char *block = malloc(3000);
		block = realloc(block, 9000);
		free(block);
		_exit(3);
	}
	int status;
	waitpid(child, &status, 0);
	return status;
}

static void *make_children(void *unused)
{
	size_t failed = 0;
	for (int i = 0; i < FORKS && !failed; i++) {
		void *inherited = malloc(1000);
		pid_t child = fork();
		if (child == 0)
			live_as_child(inherited);
		failed += wait_at_most(child, 20) != 0;
		failed += WEXITSTATUS(live_in_the_parent()) != 3;
		free(inherited);
	}
	(void)unused;
	return (void *)failed;
}

int main(void)
{
	pthread_t threads[ALLOCATING + FORKING];
	size_t results[2] = {0, 0};
	void *result;
	burn(0.12);
	for (size_t i = 0; i < ALLOCATING; i++)
		pthread_create(&threads[i], NULL, allocate, (void *)i);
	for (size_t i = 0; i < FORKING; i++)
		pthread_create(&threads[ALLOCATING + i], NULL, make_children, NULL);
	for (size_t i = ALLOCATING + FORKING; i-- > 0;) {
		stop = i < ALLOCATING;
		pthread_join(threads[i], &result);
		results[i < ALLOCATING] += (size_t)result;
	}
	printf("%zu children failed, %zu faults\n", results[0], results[1]);
	return 0;
}
