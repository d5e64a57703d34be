/* SPDX-License-Identifier: Apache-2.0 */
/* waits.h -- every call that waits and may be interrupted, each after some CPU time.
 *
 * Those with a timeout are never begun again by the kernel, whatever SA_RESTART says.
 */
#pragma once
#include "life.h"
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { WAIT_MS = 12, WAIT_WORK_US = 2000 };

static struct {
	int sockets[2], epoll, messages, semaphores;
	sem_t semaphore;
} idle;

static const struct timespec wait_time = {0, WAIT_MS * 1000000L};

static struct timespec wait_end(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	now.tv_nsec += WAIT_MS * 1000000L;
	now.tv_sec += now.tv_nsec / 1000000000L;
	now.tv_nsec %= 1000000000L;
	return now;
}

static long wait_in_poll(void)
{
	struct pollfd nothing = {.fd = idle.sockets[0], .events = POLLIN};
	return poll(&nothing, 1, WAIT_MS);
}

static long wait_in_ppoll(void)
{
	struct pollfd nothing = {.fd = idle.sockets[0], .events = POLLIN};
	return ppoll(&nothing, 1, &wait_time, NULL);
}

static long wait_in_epoll(void)
{
	struct epoll_event event;
	return epoll_wait(idle.epoll, &event, 1, WAIT_MS);
}

static long wait_in_select(void)
{
	struct timeval timeout = {0, WAIT_MS * 1000};
	return select(0, NULL, NULL, NULL, &timeout);
}

static long wait_in_nanosleep(void)
{
	return nanosleep(&wait_time, NULL);
}

static long wait_in_clock_nanosleep(void)
{
	errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &wait_time, NULL);
	return errno ? -1 : 0;
}

static long wait_in_usleep(void)
{
	return usleep(WAIT_MS * 1000);
}

static long wait_in_recv(void)
{
	char byte;
	return recv(idle.sockets[0], &byte, 1, 0);
}

static long wait_in_sem_timedwait(void)
{
	struct timespec end = wait_end(CLOCK_REALTIME);
	return sem_timedwait(&idle.semaphore, &end);
}

static long wait_in_futex(void)
{
	int word = 0;
	return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &wait_time, NULL, 0);
}

static long wait_in_semtimedop(void)
{
	struct sembuf take = {0, -1, 0};
	return semtimedop(idle.semaphores, &take, 1, &wait_time);
}

static long wait_in_sigtimedwait(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigtimedwait(&set, NULL, &wait_time);
}

/* Those without a timeout get what they wait for from a child. */
static long wait_for_child(void)
{
	pid_t child = fork();
	if (child == 0) {
		usleep(WAIT_MS * 1000);
		struct {
			long type;
			char byte;
		} message = {1, 0};
		msgsnd(idle.messages, &message, 1, 0);
		_exit(0);
	}
	struct {
		long type;
		char byte[8];
	} received;
	long result = msgrcv(idle.messages, &received, 1, 0, 0);
	int saved = errno;
	while (waitpid(child, NULL, 0) == -1)
		;
	if (result == -1)
		msgrcv(idle.messages, &received, 1, 0, IPC_NOWAIT);
	errno = saved;
	return result;
}

static const struct {
	const char *name;
	long (*wait)(void);
} waits[] = {{"poll", wait_in_poll},
	     {"ppoll", wait_in_ppoll},
	     {"epoll_wait", wait_in_epoll},
	     {"select", wait_in_select},
	     {"nanosleep", wait_in_nanosleep},
	     {"clock_nanosleep", wait_in_clock_nanosleep},
	     {"usleep", wait_in_usleep},
	     {"recv", wait_in_recv},
	     {"sem_timedwait", wait_in_sem_timedwait},
	     {"futex", wait_in_futex},
	     {"semtimedop", wait_in_semtimedop},
	     {"sigtimedwait", wait_in_sigtimedwait},
	     {"msgrcv", wait_for_child}};
enum { WAITS = sizeof waits / sizeof *waits };

UNUSED static void waits_begin(void)
{
	struct timeval timeout = {0, WAIT_MS * 1000};
	expect(!socketpair(AF_UNIX, SOCK_STREAM, 0, idle.sockets), "sockets");
	setsockopt(idle.sockets[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	idle.epoll = epoll_create1(0);
	idle.messages = msgget(IPC_PRIVATE, 0600);
	idle.semaphores = semget(IPC_PRIVATE, 1, 0600);
	sem_init(&idle.semaphore, 0, 0);
}

UNUSED static void waits_end(void)
{
	msgctl(idle.messages, IPC_RMID, NULL);
	semctl(idle.semaphores, 0, IPC_RMID);
}

/* How often each was interrupted. */
UNUSED static void waits_show(const char *when, int times)
{
	int interrupted[WAITS] = {0};
	for (int i = 0; i < times * WAITS; i++) {
		burn(WAIT_WORK_US / 1e6);
		errno = 0;
		interrupted[i % WAITS] += waits[i % WAITS].wait() == -1 && errno == EINTR;
	}
	for (int i = 0; i < WAITS; i++)
		printf("%s, %s: %d interrupted\n", when, waits[i].name, interrupted[i]);
}
