/* SPDX-License-Identifier: Apache-2.0 */
/* window_sizes_interrupt_nothing.c -- a terminal that changes its size all the time wakes nobody
 * who does not ask for it.
 *
 * It sends SIGWINCH to all programs in front of it, and the default is to ignore that.
 *
 * harm: signals
 * level: P0
 * naive: wall
 */
#include "life.h"
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/prctl.h>
#include <sys/select.h>

enum { WAIT_MS = 12, TIMES = 8 };

static long wait_in_poll(void)
{
	return poll(NULL, 0, WAIT_MS);
}

static long wait_in_select(void)
{
	struct timeval timeout = {0, WAIT_MS * 1000};
	return select(0, NULL, NULL, NULL, &timeout);
}

static long wait_in_nanosleep(void)
{
	struct timespec time = {0, WAIT_MS * 1000000L};
	return nanosleep(&time, NULL);
}

static long wait_in_semaphore(void)
{
	sem_t never;
	struct timespec end;
	sem_init(&never, 0, 0);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += WAIT_MS * 1000000L;
	end.tv_sec += end.tv_nsec / 1000000000L;
	end.tv_nsec %= 1000000000L;
	return sem_timedwait(&never, &end);
}

static const struct {
	const char *name;
	long (*wait)(void);
} waits[] = {{"poll", wait_in_poll},
	     {"select", wait_in_select},
	     {"nanosleep", wait_in_nanosleep},
	     {"sem_timedwait", wait_in_semaphore}};

static void show_waits(const char *when)
{
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		int interrupted = 0;
		for (int time = 0; time < TIMES; time++) {
			burn(0.002);
			interrupted += waits[i].wait() == -1 && errno == EINTR;
		}
		printf("%s, %s: %d interrupted\n", when, waits[i].name, interrupted);
	}
}

static void change_size_for_ever(pid_t process)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == process) {
		kill(process, SIGWINCH);
		usleep(5000);
	}
	_exit(0);
}

int main(void)
{
	pid_t self = getpid(), terminal = fork();
	if (terminal == 0)
		change_size_for_ever(self);
	show_waits("early");
	burn(0.15);
	show_waits("later");
	kill(terminal, SIGKILL);
	waitpid(terminal, NULL, 0);
	return 0;
}
