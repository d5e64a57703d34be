/* SPDX-License-Identifier: Apache-2.0 */
/* dies_of_the_signal_that_was_sent.c -- each signal whose default is to kill kills, and those that
 * are ignored do not.
 *
 * harm: signals
 * level: P0
 * naive: cpu, segv
 */
#include "again.h"
#include <pthread.h>

static const int sent[] = {SIGTERM,   SIGINT,  SIGHUP,	SIGSEGV, SIGABRT,  SIGBUS,
			   SIGPROF,   SIGALRM, SIGUSR1, SIGPIPE, SIGSYS,   SIGTRAP,
			   SIGVTALRM, SIGIO,   50,	SIGURG,	 SIGWINCH, SIGCHLD};

static void *work(void *unused)
{
	burn(10);
	return unused;
}

/* Says when it is ready to be killed: before there is a worker, or after. */
static void live(int ready, int after_work)
{
	pthread_t thread;
	char byte = 0;
	if (after_work) {
		burn(0.12);
		pthread_create(&thread, NULL, work, NULL);
	}
	if (write(ready, &byte, 1) == 1)
		burn(after_work ? 0.1 : 0.05);
	_exit(9);
}

static void send(int number, int after_work)
{
	int ready[2];
	char byte, what[64];
	if (pipe(ready))
		return;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		live(ready[1], after_work);
	if (read(ready[0], &byte, 1) == 1)
		kill(child, number);
	snprintf(what, sizeof what, "%d sent %s", number, after_work ? "later" : "at once");
	print_ending(what, wait_at_most(child, CASE_SECONDS));
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	for (size_t i = 0; i < sizeof sent / sizeof *sent; i++)
		send(sent[i], (int)i % 2);
	send(SIGTERM, 1);
	send(SIGSEGV, 0);
	send(SIGURG, 0);
	return 0;
}
