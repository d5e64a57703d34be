/* SPDX-License-Identifier: Apache-2.0 */
/* threads_wait_for_any_signal.c -- who blocks all signals, works, and then asks for any of them
 * gets the one that was sent and no other.
 *
 * harm: signals
 * level: P0
 * naive: cpu
 */
#include "again.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

static sigset_t all, before;
static int (*block)(int, const sigset_t *, sigset_t *);

static void expect_nothing(const char *when)
{
	sigset_t pending;
	sigpending(&pending);
	for (int number = 1; number <= 64; number++)
		if (sigismember(&pending, number) == 1)
			printf("%s: %d is pending\n", when, number);
}

static void wait_by_sigwait(void)
{
	int number = 0, error = sigwait(&all, &number);
	printf("sigwait: %d, signal %d\n", error, number);
}

static void wait_by_sigtimedwait(void)
{
	struct timespec soon = {0, 20000000}, far = {30, 0};
	int number = sigwaitinfo(&all, NULL);
	printf("sigwaitinfo: signal %d\n", number);
	burn(0.03);
	number = sigtimedwait(&all, NULL, &soon);
	printf("sigtimedwait: %d %s\n", number, number == -1 ? strerrorname_np(errno) : "");
	kill(getpid(), SIGRTMIN);
	printf("sigtimedwait: %d\n", sigtimedwait(&all, NULL, &far) == SIGRTMIN);
}

static void wait_by_signalfd(void)
{
	struct signalfd_siginfo info = {0};
	int fd = signalfd(-1, &all, 0);
	burn(0.03);
	ssize_t size = read(fd, &info, sizeof info);
	printf("signalfd: %zd, signal %u\n", size, info.ssi_signo);
	struct pollfd more = {.fd = fd, .events = POLLIN};
	burn(0.03);
	printf("more: %d\n", poll(&more, 1, 20));
	close(fd);
}

/* With everything but one blocked while they wait. */
static void wait_with_masks(void)
{
	sigset_t but_one = all, got;
	struct timespec soon = {0, 20000000};
	sigdelset(&but_one, SIGUSR1);
	printf("sigsuspend: %d %s\n", sigsuspend(&but_one), strerrorname_np(errno));
	burn(0.02);
	int result = ppoll(NULL, 0, &soon, &all);
	printf("ppoll: %d %s\n", result, result == -1 ? strerrorname_np(errno) : "");
	burn(0.02);
	result = pselect(0, NULL, NULL, NULL, &soon, &all);
	printf("pselect: %d %s\n", result, result == -1 ? strerrorname_np(errno) : "");
	pthread_sigmask(SIG_BLOCK, NULL, &got);
	printf("mask is the same: %d\n", !memcmp(&got, &all, 8));
}

static void do_nothing(int number)
{
	(void)number;
}

static void live(double early, double late, void (*wait)(void))
{
	struct sigaction action = {.sa_handler = do_nothing};
	sigaction(SIGUSR1, &action, NULL);
	burn(early);
	printf("block: %d\n", block(SIG_SETMASK, &all, &before));
	pthread_sigmask(SIG_BLOCK, NULL, &all);
	burn(late);
	expect_nothing("after work");
	kill(getpid(), SIGUSR1);
	wait();
	burn(0.02);
	expect_nothing("at the end");
	printf("unblock: %d\n", block(SIG_SETMASK, &before, NULL));
	burn(0.02);
}

static int by_system_call(int how, const sigset_t *set, sigset_t *old)
{
	return (int)syscall(SYS_rt_sigprocmask, how, set, old, 8);
}

static void live_each_way(double early, double late)
{
	static void (*const ways[])(void) = {wait_by_sigwait, wait_by_sigtimedwait,
					     wait_by_signalfd, wait_with_masks};
	for (int i = 0; i < 4; i++)
		live(early, late, ways[i]);
}

static void early_in_main(void)
{
	block = sigprocmask;
	live_each_way(0, 0.05);
}

static void late_in_main(void)
{
	block = pthread_sigmask;
	live_each_way(0.04, 0.04);
}

static void by_system_call_in_main(void)
{
	block = by_system_call;
	live_each_way(0.03, 0.03);
}

/* Main blocks all as well, else what is sent to the process would come to it. */
static void *live_in_thread(void *unused)
{
	live_each_way(0.03, 0.04);
	return unused;
}

static void in_thread(void)
{
	pthread_t thread;
	block = pthread_sigmask;
	sigset_t both;
	sigemptyset(&both);
	sigaddset(&both, SIGUSR1);
	sigaddset(&both, SIGRTMIN);
	pthread_sigmask(SIG_BLOCK, &both, NULL);
	pthread_create(&thread, NULL, live_in_thread, NULL);
	pthread_join(thread, NULL);
}

static void thread_of_a_blocked_main(void)
{
	pthread_t thread;
	block = pthread_sigmask;
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	burn(0.15);
	pthread_create(&thread, NULL, live_in_thread, NULL);
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {
		{"early in main", early_in_main},
		{"late in main", late_in_main},
		{"by system call", by_system_call_in_main},
		{"in a thread", in_thread},
		{"thread of a blocked main", thread_of_a_blocked_main}};
	sigfillset(&all);
	return RUN_CASES(argc, argv, cases);
}
