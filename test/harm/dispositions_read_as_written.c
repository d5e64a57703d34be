/* SPDX-License-Identifier: Apache-2.0 */
/* dispositions_read_as_written.c -- sigaction and signal tell the program what it has set itself,
 * the default at first, whatever a library does behind them.
 *
 * harm: signals
 * level: P0
 * naive: cpu, segv
 */
#include "life.h"
#include <pthread.h>

static struct sigaction saved[65];

static void mine(int number)
{
	(void)number;
}

static unsigned long mask_of(const struct sigaction *action)
{
	unsigned long bits;
	memcpy(&bits, &action->sa_mask, sizeof bits);
	return bits;
}

static const char *name_of(const struct sigaction *action)
{
	return action->sa_handler == SIG_DFL   ? "default"
	       : action->sa_handler == SIG_IGN ? "ignored"
	       : action->sa_handler == mine    ? "mine"
					       : "another";
}

/* SA_RESTORER is the C library's own. */
static void show(const char *when, int number, const struct sigaction *action)
{
	printf("%s, %d: %s, flags %#x, mask %#lx\n", when, number, name_of(action),
	       (unsigned)action->sa_flags & ~0x04000000u, mask_of(action));
}

static void show_all(const char *when)
{
	struct sigaction action;
	for (int number = 1; number <= 64; number++)
		if (sigaction(number, NULL, &action) == 0)
			show(when, number, &action);
}

static void show_alternate_stack(const char *when)
{
	stack_t stack;
	sigaltstack(NULL, &stack);
	printf("%s: alternate stack %d of %zu\n", when, stack.ss_flags, stack.ss_size);
}

static void set_all(const struct sigaction *action, struct sigaction *before)
{
	for (int number = 1; number <= 64; number++)
		sigaction(number, action, before ? &before[number] : NULL);
}

static void use_signal(int number)
{
	void (*before)(int) = signal(number, SIG_IGN);
	void (*ignored)(int) = signal(number, mine);
	void (*handled)(int) = signal(number, before);
	printf("signal %d: %d %d %d\n", number, before == SIG_DFL, ignored == SIG_IGN,
	       handled == mine);
}

static void *work(void *unused)
{
	burn(0.05);
	show_alternate_stack("thread");
	return unused;
}

int main(void)
{
	struct sigaction action = {.sa_handler = mine, .sa_flags = SA_ONSTACK | SA_NODEFER};
	struct sigaction ignored = {.sa_handler = SIG_IGN};
	pthread_t thread;
	show_all("at first");
	burn(0.2);
	show_all("later");
	show_alternate_stack("main");
	sigaddset(&action.sa_mask, SIGUSR2);
	set_all(&action, saved);
	show_all("set");
	burn(0.05);
	set_all(&ignored, NULL);
	show_all("ignored");
	burn(0.05);
	for (int number = 1; number <= 64; number++)
		sigaction(number, &saved[number], NULL);
	show_all("restored");
	use_signal(SIGURG);
	use_signal(SIGWINCH);
	use_signal(SIGPROF);
	pthread_create(&thread, NULL, work, NULL);
	return pthread_join(thread, NULL);
}
