/* SPDX-License-Identifier: Apache-2.0 */
/* blocked_signals_wait_for_main.c -- what is sent to the process stays pending until main, the only
 * thread and busy, asks for it.
 *
 * harm: threads
 * level: P0
 * naive: thread
 */
#include "life.h"

static const int sent[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGALRM, SIGUSR2};
enum { COUNT = sizeof sent / sizeof *sent };

static void send_all(pid_t process)
{
	for (int i = 0; i < COUNT; i++)
		kill(process, sent[i]);
	_exit(0);
}

static void receive(double seconds, const sigset_t *set)
{
	sigset_t pending;
	pid_t self = getpid();
	burn(seconds / 2);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		send_all(self);
	waitpid(child, NULL, 0);
	burn(seconds / 2);
	sigpending(&pending);
	printf("pending after %.1f s:", seconds);
	for (int i = 1; i <= 64; i++)
		if (i != SIGCHLD && sigismember(&pending, i) == 1)
			printf(" %d", i);
	printf(", received:");
	for (int i = 0, number; i < COUNT && sigwait(set, &number) == 0; i++)
		printf(" %d", number);
	printf("\n");
}

int main(void)
{
	sigset_t set;
	sigemptyset(&set);
	for (int i = 0; i < COUNT; i++)
		sigaddset(&set, sent[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	receive(0.0, &set);
	receive(0.3, &set);
	receive(0.1, &set);
	return 0;
}
