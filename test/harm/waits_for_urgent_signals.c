/* SPDX-License-Identifier: Apache-2.0 */
/* waits_for_urgent_signals.c -- SIGURG and SIGWINCH, blocked, are waited for; each that is sent
 * arrives.
 *
 * One of them blocked or both, in main and in a thread, by sigwaitinfo or signalfd.
 *
 * harm: signals
 * level: P0
 */
#include "again.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>

enum { SENT = 20 };

static sigset_t waited;
static int by_descriptor;
static pid_t sender;

static int next(int fd, int *code, pid_t *from)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	struct signalfd_siginfo got;
	siginfo_t info;
	int signal;
	if (by_descriptor) {
		if (poll(&readable, 1, 10000) != 1 || read(fd, &got, sizeof got) != sizeof got)
			return -1;
		*code = got.ssi_code;
		*from = (pid_t)got.ssi_pid;
		return (int)got.ssi_signo;
	}
	do
		signal = sigtimedwait(&waited, &info, &(struct timespec){10, 0});
	while (signal < 0 && errno == EINTR);
	*code = info.si_code;
	*from = info.si_pid;
	return signal;
}

/* The child sends one when it is told which. */
static pid_t begin_sender(int *order)
{
	int ends[2];
	char signal;
	if (pipe(ends))
		exit(3);
	pid_t parent = getpid(), child = fork();
	if (child == 0) {
		close(ends[1]);
		while (read(ends[0], &signal, 1) == 1)
			kill(parent, signal);
		_exit(0);
	}
	close(ends[0]);
	*order = ends[1];
	return child;
}

static void *receive(void *unused)
{
	int order, code = 0, right = 0, fd = signalfd(-1, &waited, SFD_CLOEXEC);
	pid_t from = 0;
	sender = begin_sender(&order);
	for (int i = 0; i < SENT; i++) {
		char signal = i % 2 && sigismember(&waited, SIGWINCH) ? SIGWINCH : SIGURG;
		if (!sigismember(&waited, signal))
			signal = SIGWINCH;
		burn(0.003);
		if (write(order, &signal, 1) != 1)
			break;
		int got = next(fd, &code, &from);
		right += got == signal && code == SI_USER && from == sender;
	}
	sigset_t pending;
	sigpending(&pending);
	printf("right %d of %d, pending %d %d\n", right, SENT, sigismember(&pending, SIGURG),
	       sigismember(&pending, SIGWINCH));
	close(order);
	close(fd);
	waitpid(sender, NULL, 0);
	return unused;
}

static void live(int number)
{
	static const double before[] = {0, 0.05, 0.12};
	pthread_t thread;
	int which = number / 3 % 3, in_thread = number / 9 % 2;
	by_descriptor = number / 18;
	sigemptyset(&waited);
	if (which != 1)
		sigaddset(&waited, SIGURG);
	if (which != 0)
		sigaddset(&waited, SIGWINCH);
	burn(before[number % 3]);
	pthread_sigmask(SIG_BLOCK, &waited, NULL);
	if (in_thread) {
		pthread_create(&thread, NULL, receive, NULL);
		pthread_join(thread, NULL);
	} else {
		receive(NULL);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		live(atoi(argv[1]));
		return 0;
	}
	for (int i = 0; i < 36; i++)
		run_case(i, "ended");
	return 0;
}
