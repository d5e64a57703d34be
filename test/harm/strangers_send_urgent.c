/* SPDX-License-Identifier: Apache-2.0 */
/* strangers_send_urgent.c -- SIGURG and SIGWINCH of other processes are ignored and wake nobody.
 *
 * Their default is to be ignored, and a terminal sends SIGWINCH to whole groups of processes.
 *
 * harm: signals
 * level: P1
 * differs: (poll|epoll_wait|nanosleep): [0-9]+ -- while handled they interrupt calls
 */
#include "life.h"
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>

enum { ROUNDS = 20, WAIT_MS = 10 };

static int epoll;

static int by_poll(void)
{
	return poll(NULL, 0, WAIT_MS);
}

static int by_epoll(void)
{
	struct epoll_event event;
	return epoll_wait(epoll, &event, 1, WAIT_MS);
}

static int by_nanosleep(void)
{
	return nanosleep(&(struct timespec){0, WAIT_MS * 1000000}, NULL);
}

static int interrupted(int (*wait)(void))
{
	int count = 0;
	for (int i = 0; i < ROUNDS; i++) {
		burn(0.002);
		count += wait() < 0 && errno == EINTR;
	}
	return count;
}

static pid_t send_all_the_time(void)
{
	pid_t parent = getpid(), child = fork();
	for (int i = 0; child == 0 && getppid() == parent; i++) {
		kill(parent, i % 2 ? SIGURG : SIGWINCH);
		usleep(3000);
	}
	if (child == 0)
		_exit(0);
	return child;
}

int main(void)
{
	epoll = epoll_create1(0);
	pid_t child = send_all_the_time();
	printf("poll: %d\n", interrupted(by_poll));
	printf("epoll_wait: %d\n", interrupted(by_epoll));
	printf("nanosleep: %d\n", interrupted(by_nanosleep));
	kill(child, SIGTERM);
	print_ending("sender", wait_at_most(child, 10));
	return 0;
}
