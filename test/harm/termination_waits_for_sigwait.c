/* SPDX-License-Identifier: Apache-2.0 */
/* termination_waits_for_sigwait.c -- a signal that all of the program's threads block stays
 * pending.
 *
 * The kernel gives it to any thread of the process that does not block it. Servers take SIGTERM so,
 * in the thread that waits for it, to end in good order.
 *
 * harm: threads
 * level: P0
 * naive: thread
 */
#include "again.h"
#include <pthread.h>
#include <sys/signalfd.h>

static const int sent[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGALRM, SIGQUIT};
enum { COUNT = sizeof sent / sizeof *sent };

static void send_all(void)
{
	pid_t parent = getpid(), child = fork();
	if (child == 0) {
		for (int i = 0; i < COUNT; i++)
			kill(parent, sent[i]);
		_exit(0);
	}
	print_ending("sender", wait_at_most(child, 10));
}

static sigset_t set_of_sent(void)
{
	sigset_t set;
	sigemptyset(&set);
	for (int i = 0; i < COUNT; i++)
		sigaddset(&set, sent[i]);
	return set;
}

static void *wait_for_all(void *unused)
{
	sigset_t set = set_of_sent();
	int signal, sum = 0;
	for (int i = 0; i < COUNT; i++)
		if (!sigwait(&set, &signal))
			sum += signal;
	printf("sum of all that arrived: %d\n", sum);
	return unused;
}

static void *compute(void *unused)
{
	burn(0.1);
	return unused;
}

static void live(int in_thread, double before)
{
	pthread_t threads[2];
	sigset_t set = set_of_sent();
	burn(before);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&threads[0], NULL, compute, NULL);
	burn(0.1);
	send_all();
	burn(0.05);
	if (in_thread) {
		pthread_create(&threads[1], NULL, wait_for_all, NULL);
		pthread_join(threads[1], NULL);
	} else {
		wait_for_all(NULL);
	}
	pthread_join(threads[0], NULL);
}

int main(int argc, char **argv)
{
	static const double before[] = {0, 0.05, 0.15};
	if (argc > 1) {
		live(atoi(argv[1]) / 3, before[atoi(argv[1]) % 3]);
		return 0;
	}
	for (int i = 0; i < 6; i++)
		run_case(i, i / 3 ? "waits in a thread" : "waits in main");
	return 0;
}
