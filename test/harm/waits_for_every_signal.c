/* SPDX-License-Identifier: Apache-2.0 */
/* waits_for_every_signal.c -- who blocks all signals and waits for them gets those that were sent.
 *
 * Blocked in every way there is, before and after the first CPU time, by main and by a thread; then
 * CPU time is used, and what is pending or arrives by then is printed.
 *
 * harm: signals
 * level: P0
 * flags: -O2 -pthread -Wno-deprecated-declarations
 * naive: cpu
 */
#include "life.h"
#include "anew.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <ucontext.h>

static sigset_t all;

static void by_pthread_sigmask(void)
{
	pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void by_sigprocmask(void)
{
	sigprocmask(SIG_SETMASK, &all, NULL);
}

static void by_sigblock(void)
{
	sigblock(-1);
}

static void by_sighold(void)
{
	for (int i = 1; i <= 64; i++)
		sighold(i);
}

static void by_system_call(void)
{
	unsigned long mask = ~0ul;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
}

static void by_jumping(void)
{
	static __thread sigjmp_buf place;
	sigset_t before;
	pthread_sigmask(SIG_BLOCK, &all, &before);
	if (sigsetjmp(place, 1))
		return;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	siglongjmp(place, 1);
}

static void by_context(void)
{
	ucontext_t context;
	volatile int been_here = 0;
	getcontext(&context);
	if (been_here++)
		return;
	context.uc_sigmask = all;
	setcontext(&context);
}

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

static const struct {
	const char *name;
	void (*block)(void);
} ways[] = {
	{"pthread_sigmask", by_pthread_sigmask},
	{"sigprocmask", by_sigprocmask},
	{"sighold", by_sighold},
	{"system call", by_system_call},
	{"siglongjmp", by_jumping},
	{"setcontext", by_context},
	{"sigblock", by_sigblock},
};

static int chosen;
static double before;

static void *block_and_wait(void *unused)
{
	burn(before);
	ways[chosen].block();
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
	printf("%s of %s after %g s\n", ways[chosen].name, in_thread ? "a thread" : "main", before);
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

int main(int argc, char **argv)
{
	static const double befores[] = {0, 0.05, 0.12};
	int count = 3 * 2 * (int)(sizeof ways / sizeof *ways);
	sigfillset(&all);
	if (argc > 1) {
		int i = atoi(argv[1]);
		before = befores[i % 3];
		chosen = i / 6;
		live(i / 3 % 2);
	}
	for (int i = 0; i < count; i++)
		run_case(i, "ended");
	return 0;
}
