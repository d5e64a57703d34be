/* SPDX-License-Identifier: Apache-2.0 */
/* daemons_outlive_their_parents.c -- daemon(), and a double fork that closes every descriptor.
 *
 * harm: life
 * level: P0
 * naive: sock
 */
#include "life.h"
#include <fcntl.h>
#include <sys/prctl.h>

/* Whoever kept a descriptor's number from before would write into this file. */
static void work(const char *result)
{
	int file[20];
	for (int i = 0; i < 20; i++)
		file[i] = open(result, O_WRONLY | O_CREAT | O_APPEND, 0644);
	burn(0.4);
	dprintf(file[0], "first %d\n", file[0]);
	dprintf(file[19], "last %d\n", file[19]);
}

static void by_libc(void)
{
	burn(0.2);
	fflush(stdout);
	if (daemon(1, 1))
		_exit(1);
	work("by_libc");
	exit(5);
}

static void by_hand(void)
{
	burn(0.2);
	if (fork())
		_exit(0);
	setsid();
	if (fork())
		_exit(0);
	for (int i = 0; i < 1024; i++)
		close(i);
	work("by_hand");
	exit(6);
}

static void see(void (*become_daemon)(void))
{
	int ends[8] = {0}, status;
	fflush(stdout);
	if (fork() == 0)
		become_daemon();
	while (wait(&status) > 0)
		ends[WIFEXITED(status) ? WEXITSTATUS(status) & 7 : 7]++;
	for (int i = 0; i < 8; i++)
		printf("ended with %d: %d\n", i, ends[i]);
}

int main(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	see(by_libc);
	see(by_hand);
	return 0;
}
