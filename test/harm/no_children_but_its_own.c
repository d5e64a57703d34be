/* SPDX-License-Identifier: Apache-2.0 */
/* no_children_but_its_own.c -- a program without children finds none, at any time of its life.
 *
 * Executes itself, since what is a child of the program is one of its successor as well.
 *
 * harm: life
 * level: P0
 * naive: child
 */
#include "life.h"
#include <errno.h>

static volatile sig_atomic_t signals;

static void count(int signal)
{
	signals += signal == SIGCHLD;
}

static void ask(const char *when)
{
	char children[64] = "";
	FILE *file = fopen("/proc/thread-self/children", "r");
	if (file) {
		if (!fgets(children, sizeof children, file))
			children[0] = 0;
		fclose(file);
	}
	int error = waitpid(-1, NULL, WNOHANG | __WALL) < 0 ? errno : 0;
	printf("%s: %s, children %d, SIGCHLD %d times\n", when,
	       error ? strerrorname_np(error) : "a child", children[0] != 0, (int)signals);
}

int main(int argc, char **argv)
{
	signal(SIGCHLD, count);
	ask(argc > 1 ? "executed" : "at the start");
	for (int i = 0; i < 3; i++) {
		burn(0.06);
		ask("later");
	}
	fflush(stdout);
	if (argc == 1)
		execl("/proc/self/exe", argv[0], "again", NULL);
	return 0;
}
