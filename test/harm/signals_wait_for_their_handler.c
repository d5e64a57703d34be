/* SPDX-License-Identifier: Apache-2.0 */
/* signals_wait_for_their_handler.c -- signals held back until there is a handler, or a reader.
 *
 * harm: signals
 * level: P0
 */
#include "life.h"
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>

static volatile sig_atomic_t handled;

static void count(int signal)
{
	(void)signal;
	handled++;
}

static void by_sigaction(int signal)
{
	struct sigaction action = {.sa_handler = count};
	sigaction(signal, &action, NULL);
}

static void by_signal(int number)
{
	signal(number, count);
}

static void hold_and_handle(int signal_number, const char *name, void (*install)(int))
{
	sigset_t one;
	sigemptyset(&one);
	sigaddset(&one, signal_number);
	handled = 0;
	sigprocmask(SIG_BLOCK, &one, NULL);
	burn(0.02);
	raise(signal_number);
	kill(getpid(), signal_number);
	install(signal_number);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	printf("%s handled: %s\n", name, handled ? "yes" : "no");
	signal(signal_number, SIG_DFL);
}

static pthread_barrier_t sent;
static sigset_t window;

static void *take(void *unused)
{
	struct timespec second = {1, 0};
	pthread_barrier_wait(&sent);
	printf("taken by another thread: %d\n", sigtimedwait(&window, NULL, &second));
	return unused;
}

/* What pends for the process is for any thread, whoever has looked at it before. */
static void look_and_leave_to_another(void)
{
	sigset_t pending;
	pthread_t thread;
	sigemptyset(&window);
	sigaddset(&window, SIGWINCH);
	pthread_sigmask(SIG_BLOCK, &window, NULL);
	pthread_barrier_init(&sent, NULL, 2);
	pthread_create(&thread, NULL, take, NULL);
	burn(0.1);
	kill(getpid(), SIGWINCH);
	sigpending(&pending);
	printf("pending: %d\n", sigismember(&pending, SIGWINCH));
	pthread_barrier_wait(&sent);
	pthread_join(thread, NULL);
	pthread_sigmask(SIG_UNBLOCK, &window, NULL);
}

int main(void)
{
	burn(0.2);
	look_and_leave_to_another();
	for (int i = 0; i < 2; i++) {
		hold_and_handle(SIGURG, "urgent", i ? by_signal : by_sigaction);
		hold_and_handle(SIGWINCH, "window", i ? by_signal : by_sigaction);
		hold_and_handle(SIGUSR1, "user", i ? by_signal : by_sigaction);
	}
	return 0;
}
