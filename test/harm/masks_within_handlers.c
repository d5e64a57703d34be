/* SPDX-License-Identifier: Apache-2.0 */
/* masks_within_handlers.c -- in a handler are those signals blocked that the program asked for.
 *
 * Whatever leaves it by longjmp, or is begun in it, takes them along: threads, children, programs.
 * A signal that the program handles as well comes to its handler in the middle of another one.
 *
 * harm: signals
 * level: P0
 */
#include "again.h"
#include <pthread.h>
#include <setjmp.h>
#include <ucontext.h>

static jmp_buf place;
static volatile sig_atomic_t depth, deepest;

static void print_blocked(const char *where)
{
	sigset_t now;
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	printf("  %s: blocked", where);
	for (int i = 1; i <= 64; i++)
		if (sigismember(&now, i) == 1)
			printf(" %d", i);
	printf("\n");
	fflush(stdout);
}

static void *look(void *where)
{
	burn(0.03);
	print_blocked(where);
	return NULL;
}

static void print_and_leave(int signal)
{
	(void)signal;
	print_blocked("within");
	longjmp(place, 1);
}

static void begin_all(int signal)
{
	pthread_t thread;
	(void)signal;
	pthread_create(&thread, NULL, look, "thread begun within");
	pthread_join(thread, NULL);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		look("child");
		execl("/proc/self/exe", "case", "100", NULL);
		_exit(1);
	}
	print_ending("  program", wait_at_most(child, 20));
}

static void nest(int signal)
{
	depth++;
	deepest = depth > deepest ? depth : deepest;
	if (signal == SIGUSR1)
		raise(SIGWINCH);
	if (signal == SIGWINCH)
		raise(SIGURG);
	depth--;
}

static void compute(int signal)
{
	(void)signal;
	burn(0.05);
}

/* What the kernel is to restore at the end of the handler, which debuggers and runtimes read. */
static void print_saved(int signal, siginfo_t *info, void *context)
{
	const sigset_t *saved = &((ucontext_t *)context)->uc_sigmask;
	(void)signal;
	(void)info;
	printf("  saved:");
	for (int i = 1; i <= 64; i++)
		if (sigismember(saved, i) == 1)
			printf(" %d", i);
	printf("\n");
}

static void install(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	sigaction(signal, &action, NULL);
}

static void live(int flags, double before)
{
	static char room[1 << 17];
	stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
	sigset_t none;
	sigemptyset(&none);
	sigaltstack(&stack, NULL);
	burn(before);
	install(SIGUSR1, print_and_leave, flags);
	if (!setjmp(place))
		raise(SIGUSR1);
	burn(0.03);
	print_blocked("after a jump");
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	install(SIGUSR1, begin_all, flags);
	raise(SIGUSR1);
	install(SIGUSR1, compute, flags);
	raise(SIGUSR1);
	struct sigaction action = {.sa_sigaction = print_saved, .sa_flags = SA_SIGINFO | flags};
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	install(SIGUSR1, nest, flags);
	install(SIGWINCH, nest, flags);
	install(SIGURG, nest, flags);
	raise(SIGUSR1);
	printf("  deepest: %d\n", (int)deepest);
	print_blocked("at end");
}

int main(int argc, char **argv)
{
	static const double before[] = {0, 0.05, 0.12};
	static const int flags[] = {0, SA_ONSTACK, SA_ONSTACK | SA_NODEFER};
	int number = argc > 1 ? atoi(argv[1]) : -1;
	if (number == 100) {
		print_blocked("program");
		return 0;
	}
	if (number >= 0) {
		printf("flags %x after %g s\n", (unsigned)flags[number / 3], before[number % 3]);
		live(flags[number / 3], before[number % 3]);
		return 0;
	}
	for (int i = 0; i < 9; i++)
		run_case(i, "ended");
	return 0;
}
