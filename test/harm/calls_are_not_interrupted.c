/* SPDX-License-Identifier: Apache-2.0 */
/* calls_are_not_interrupted.c -- no call that waits returns early, or with EINTR.
 *
 * These are the calls that SA_RESTART does not restart. CPU time is used before each one, so that
 * whatever counts CPU time has something to say.
 *
 * harm: signals
 * level: P0
 * naive: wall
 */
#include "life.h"
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { ROUNDS = 12, WAIT_MS = 5 };

static const struct timespec wait_time = {0, WAIT_MS * 1000000};
static int pair[2], listener, epoll, semaphores, queue;

static struct timespec deadline(void)
{
	struct timespec at;
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += WAIT_MS * 1000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return at;
}

static long by_poll(void)
{
	return poll(NULL, 0, WAIT_MS);
}

static long by_ppoll(void)
{
	return ppoll(NULL, 0, &wait_time, NULL);
}

static long by_select(void)
{
	struct timeval time = {0, WAIT_MS * 1000};
	return select(0, NULL, NULL, NULL, &time);
}

static long by_epoll(void)
{
	struct epoll_event event;
	return epoll_wait(epoll, &event, 1, WAIT_MS);
}

static long by_nanosleep(void)
{
	return nanosleep(&wait_time, NULL);
}

static long by_usleep(void)
{
	return usleep(WAIT_MS * 1000);
}

static long by_clock_nanosleep(void)
{
	struct timespec at = deadline();
	return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL);
}

static long by_receiving(void)
{
	char byte;
	return recv(pair[0], &byte, 1, 0);
}

static long by_accepting(void)
{
	return accept(listener, NULL, NULL);
}

static long by_semaphore(void)
{
	sem_t semaphore;
	struct timespec at = deadline();
	sem_init(&semaphore, 0, 0);
	return sem_timedwait(&semaphore, &at);
}

static long by_futex(void)
{
	int word = 0;
	return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &wait_time, NULL, 0);
}

static long by_system_v_semaphore(void)
{
	struct sembuf down = {0, -1, 0};
	return semtimedop(semaphores, &down, 1, &wait_time);
}

static long by_message(void)
{
	struct {
		long type;
		char byte;
	} message;
	return msgrcv(queue, &message, 1, 1, 0);
}

static long by_signal(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return sigtimedwait(&set, NULL, &wait_time);
}

static const struct {
	const char *name;
	long (*wait)(void);
} calls[] = {
	{"poll", by_poll},
	{"ppoll", by_ppoll},
	{"select", by_select},
	{"epoll_wait", by_epoll},
	{"nanosleep", by_nanosleep},
	{"usleep", by_usleep},
	{"clock_nanosleep", by_clock_nanosleep},
	{"recv", by_receiving},
	{"accept", by_accepting},
	{"sem_timedwait", by_semaphore},
	{"futex", by_futex},
	{"semtimedop", by_system_v_semaphore},
	{"msgrcv", by_message},
	{"sigtimedwait", by_signal},
};

/* Returns its index in what a call may come to. Some count in ticks of the kernel, of 4 ms and
 * less. */
static int outcome(long (*wait)(void))
{
	double until = cpu_seconds(CLOCK_MONOTONIC) + WAIT_MS / 1000.0;
	errno = 0;
	long result = wait();
	if (result == EINTR || (result < 0 && errno == EINTR))
		return 1;
	return wait != by_message && cpu_seconds(CLOCK_MONOTONIC) < until - 0.0045 ? 2 : 0;
}

static void *wait_in_all_ways(void *who)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		int count[3] = {0};
		for (int round = 0; round < ROUNDS; round++) {
			burn(0.002);
			count[outcome(calls[i].wait)]++;
		}
		printf("%s, %s: %d interrupted, %d early\n", (char *)who, calls[i].name, count[1],
		       count[2]);
	}
	return NULL;
}

static pid_t send_messages(void)
{
	struct {
		long type;
		char byte;
	} message = {1, 0};
	pid_t parent = getpid(), child = fork();
	while (child == 0 && getppid() == parent) {
		usleep(WAIT_MS * 1000);
		if (msgsnd(queue, &message, 1, IPC_NOWAIT) && errno != EAGAIN)
			_exit(0);
	}
	return child;
}

int main(void)
{
	struct timeval time = {0, WAIT_MS * 1000};
	const struct sockaddr anywhere = {.sa_family = AF_UNIX};
	pthread_t thread;
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
	bind(listener, &anywhere, sizeof anywhere.sa_family); /* unix(7), autobind */
	listen(listener, 1);
	epoll = epoll_create1(0);
	semaphores = semget(IPC_PRIVATE, 1, 0600);
	queue = msgget(IPC_PRIVATE, 0600);
	pid_t child = send_messages();
	wait_in_all_ways("main");
	pthread_create(&thread, NULL, wait_in_all_ways, "thread");
	pthread_join(thread, NULL);
	msgctl(queue, IPC_RMID, NULL);
	semctl(semaphores, 0, IPC_RMID);
	print_ending("sender", wait_at_most(child, 10));
	return 0;
}
