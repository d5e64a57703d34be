/* SPDX-License-Identifier: Apache-2.0 */
/* waits_that_open_masks.c -- who works with all signals blocked and takes them only while it waits
 * is woken by those that were sent.
 *
 * As servers do with pselect and its like: whatever came in between would wake them at once.
 *
 * harm: signals
 * level: P0
 * naive: cpu
 */
#include "again.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>

static sigset_t all, none;
static int epoll;
static volatile sig_atomic_t received;
static const struct timespec moment = {0, 20000000};

static void receive(int number)
{
	received = number;
}

static int in_ppoll(void)
{
	return ppoll(NULL, 0, &moment, &none);
}

static int in_pselect(void)
{
	return pselect(0, NULL, NULL, NULL, &moment, &none);
}

static int in_epoll_pwait(void)
{
	struct epoll_event event;
	return epoll_pwait(epoll, &event, 1, 20, &none);
}

static const struct {
	const char *name;
	int (*wait)(void);
} waits[] = {{"ppoll", in_ppoll}, {"pselect", in_pselect}, {"epoll_pwait", in_epoll_pwait}};

static void show(const char *what, int result)
{
	int error = result == -1 ? errno : 0;
	printf("%s: %d %s, received %d\n", what, result, strerrorname_np(error), (int)received);
	received = 0;
}

/* Nobody sends anything, then somebody has. */
static void *work_and_wait(void *unused)
{
	sigset_t mask;
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		burn(0.03);
		show(waits[i].name, waits[i].wait());
		burn(0.01);
		pthread_kill(pthread_self(), SIGUSR1);
		show(waits[i].name, waits[i].wait());
	}
	burn(0.03);
	pthread_kill(pthread_self(), SIGUSR2);
	show("sigsuspend", sigsuspend(&none));
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	for (int number = 1; number <= 64; number++)
		if (sigismember(&mask, number) != sigismember(&all, number))
			printf("%d is no longer blocked\n", number);
	return unused;
}

static void begin(double seconds)
{
	struct sigaction action = {.sa_handler = receive};
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	epoll = epoll_create1(0);
	sigemptyset(&none);
	sigfillset(&all);
	burn(seconds);
	sigprocmask(SIG_SETMASK, &all, NULL);
	/* those that cannot be blocked */
	sigprocmask(SIG_BLOCK, NULL, &all);
}

static void from_the_start(void)
{
	begin(0);
	work_and_wait(NULL);
}

static void later(void)
{
	begin(0.15);
	work_and_wait(NULL);
}

static void in_a_thread(void)
{
	pthread_t thread;
	begin(0.05);
	pthread_create(&thread, NULL, work_and_wait, NULL);
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {
		{"from the start", from_the_start}, {"later", later}, {"in a thread", in_a_thread}};
	return RUN_CASES(argc, argv, cases);
}
