/* SPDX-License-Identifier: Apache-2.0 */
/* waiting.h -- blocks all signals, uses CPU time, prints which signals are there then.
 *
 * Included behind life.h. A row defines `ways`: how to block them.
 */
#pragma once
#include "again.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>

struct way {
	const char *name;
	void (*block)(void);
};

static sigset_t all;
static const struct way *chosen;
static double before;

static void print_waiting(void)
{
	static const struct timespec moment = {0, 10000000};
	sigset_t pending;
	sigpending(&pending);
	for (int i = 1; i <= 64; i++)
		if (sigismember(&pending, i) == 1)
			printf("  pending %d\n", i);
	int fd = signalfd(-1, &all, SFD_NONBLOCK);
	struct signalfd_siginfo info;
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	if (poll(&readable, 1, 0) && read(fd, &info, sizeof info) > 0)
		printf("  read %d\n", (int)info.ssi_signo);
	close(fd);
	siginfo_t got;
	int signal;
	for (int most = 5; most && (signal = sigtimedwait(&all, &got, &moment)) > 0; most--)
		printf("  arrived %d, code %d\n", signal, got.si_code);
}

static void *block_and_wait(void *unused)
{
	burn(before);
	chosen->block();
	burn(0.02);
	pthread_kill(pthread_self(), SIGUSR1);
	sigqueue(getpid(), SIGRTMIN, (union sigval){0});
	print_waiting();
	return unused;
}

/* Then main waits in pthread_join, and nothing may be left for it. */
static void live(int in_thread)
{
	pthread_t thread;
	printf("%s of %s after %g s\n", chosen->name, in_thread ? "a thread" : "main", before);
	if (in_thread) {
		sigset_t queued;
		sigemptyset(&queued);
		sigaddset(&queued, SIGRTMIN);
		sigprocmask(SIG_BLOCK, &queued, NULL);
		pthread_create(&thread, NULL, block_and_wait, NULL);
		pthread_join(thread, NULL);
	} else {
		block_and_wait(NULL);
	}
	exit(0);
}

static int wait_in_cases(const struct way *ways, int count, int argc, char **argv)
{
	static const double befores[] = {0, 0.05, 0.12};
	sigfillset(&all);
	if (argc > 1) {
		int i = atoi(argv[1]);
		before = befores[i % 3];
		chosen = &ways[i / 6];
		live(i / 3 % 2);
	}
	for (int i = 0; i < 3 * 2 * count; i++)
		run_case(i, "ended");
	return 0;
}
