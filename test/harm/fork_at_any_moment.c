/* SPDX-License-Identifier: Apache-2.0 */
/* fork_at_any_moment.c -- a fork each millisecond, from the first on, past two uploads.
 *
 * harm: life
 * level: P0
 * naive: forkthread
 * env: CONPROF_PERIOD=1s
 */
#include "life.h"
#include "tasks.h"

enum { FORKS = 900, MOST_AT_ONCE = 64 };

static void live_as_child(void)
{
	free(malloc(5000));
	_exit(list_tasks(NULL, 0) == 1 ? 0 : 1);
}

static int alone;

static void reap(pid_t child)
{
	int status = wait_at_most(child, 20);
	alone += WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(void)
{
	pid_t children[MOST_AT_ONCE] = {0};
	for (int i = 0; i < FORKS; i++) {
		int place = i % MOST_AT_ONCE;
		if (children[place])
			reap(children[place]);
		children[place] = fork();
		if (children[place] == 0)
			live_as_child();
		burn(0.001);
	}
	for (int i = 0; i < MOST_AT_ONCE; i++)
		reap(children[i]);
	printf("children that were alone: %d of %d\n", alone, FORKS);
	return 0;
}
