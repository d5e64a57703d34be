/* SPDX-License-Identifier: Apache-2.0 */
/* children_exec_at_once.c -- a storm of children, each alone in its process until it execs.
 *
 * Every child must be able to unshare its user namespace, which only a process of one thread may.
 *
 * harm: life
 * level: P0
 * naive: forkthread
 */
#include "life.h"
#include <errno.h>
#include <sched.h>

enum { CHILDREN = 150 };

static pid_t begin_child(char *self)
{
	pid_t child = fork();
	if (child)
		return child;
	int refused = unshare(CLONE_NEWUSER) ? errno : 0;
	if (refused)
		_exit(refused == EINVAL ? 2 : 3);
	execl(self, self, "child", NULL);
	_exit(4);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 0;
	int ends[256] = {0};
	burn(0.2);
	for (int i = 0; i < CHILDREN; i++) {
		int status = wait_at_most(begin_child(argv[0]), 20);
		ends[WIFEXITED(status) ? WEXITSTATUS(status) : 255]++;
	}
	for (int i = 0; i < 256; i++)
		if (ends[i])
			printf("children that ended with %d: %d\n", i, ends[i]);
	return 0;
}
