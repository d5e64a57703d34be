/* SPDX-License-Identifier: Apache-2.0 */
/* handles_urgent_data_itself.c -- a program's own handler of SIGURG or SIGWINCH hears what is sent.
 *
 * Installed in every way, at any moment, taken away again: it is called once for each signal that
 * another process sends, with that process in si_pid, and never for anything else.
 *
 * harm: signals
 * level: P0
 * flags: -O2 -pthread -Wno-deprecated-declarations
 */
#include "again.h"
#include <errno.h>
#include <sys/syscall.h>

enum { SENT = 60 };

static volatile sig_atomic_t heard, strange;
static pid_t sender;

static void hear(int signal)
{
	(void)signal;
	heard++;
}

static void examine(int signal, siginfo_t *info, void *context)
{
	(void)context;
	int saved = errno;
	hear(signal);
	strange += info->si_code != SI_USER || info->si_pid != sender || info->si_signo != signal;
	errno = saved;
}

static void by_sigaction(int signal)
{
	struct sigaction action = {.sa_sigaction = examine, .sa_flags = SA_SIGINFO | SA_RESTART};
	sigaction(signal, &action, NULL);
}

static void by_signal(int number)
{
	signal(number, hear);
}

/* System V's, which programs get from signal() that ask for POSIX and nothing more. */
static void hear_again(int number)
{
	sysv_signal(number, hear_again);
	hear(number);
}

static void by_system_v_signal(int number)
{
	sysv_signal(number, hear_again);
}

static void by_sigset(int number)
{
	sigset(number, hear);
}

struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

__asm__(".text\nreturn_from_handler: movl $15, %eax\nsyscall\n");
extern void return_from_handler(void) __attribute__((visibility("hidden")));

static void by_system_call(int number)
{
	enum { HAS_RESTORER = 0x04000000 };
	struct kernel_action action = {hear, HAS_RESTORER | SA_RESTART, return_from_handler, 0};
	syscall(SYS_rt_sigaction, number, &action, NULL, 8);
}

static const struct {
	const char *name;
	void (*install)(int signal);
} ways[] = {
	{"sigaction", by_sigaction},	     {"signal", by_signal},
	{"sysv_signal", by_system_v_signal}, {"sigset", by_sigset},
	{"system call", by_system_call},
};

/* Each signal only after the last one was heard, because equal ones are not counted twice. */
static pid_t send_from_child(int signal, int *acknowledge)
{
	int ends[2];
	char acknowledged;
	if (pipe(ends))
		exit(3);
	pid_t parent = getpid(), child = fork();
	if (child == 0) {
		close(ends[1]);
		for (int i = 0; i < SENT && read(ends[0], &acknowledged, 1) == 1; i++)
			kill(parent, signal);
		while (read(ends[0], &acknowledged, 1) == 1)
			;
		_exit(0);
	}
	close(ends[0]);
	*acknowledge = ends[1];
	return child;
}

static void receive(int signal)
{
	int acknowledge, answered = 0;
	double limit = cpu_seconds(CLOCK_MONOTONIC) + 10;
	sigset_t set, before;
	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(SIG_BLOCK, &set, &before);
	heard = 0;
	sender = send_from_child(signal, &acknowledge);
	sigprocmask(SIG_SETMASK, &before, NULL);
	for (; answered < SENT; answered++) {
		if (write(acknowledge, "", 1) != 1)
			break;
		while (heard <= answered && cpu_seconds(CLOCK_MONOTONIC) < limit)
			for (volatile int i = 0; i < 1000; i++)
				;
	}
	burn(0.03);
	close(acknowledge);
	int status;
	while (waitpid(sender, &status, 0) < 0 && errno == EINTR)
		;
	printf("  heard %d of %d, %d strange\n", (int)heard, SENT, (int)strange);
}

static const char *name_of(void (*handler)(int))
{
	return handler == SIG_DFL ? "default" : handler == SIG_IGN ? "ignored" : "the program's";
}

static void live(int way, int signal, double before)
{
	struct sigaction given, back;
	printf("%d by %s after %g s\n", signal, ways[way].name, before);
	burn(before);
	ways[way].install(signal);
	burn(0.03);
	printf("  before all: %d\n", (int)heard);
	receive(signal);
	heard = 0;
	sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, &given);
	burn(0.03);
	sigaction(signal, &given, &back);
	burn(0.03);
	printf("  unused: %d, was %s\n", (int)heard, name_of(back.sa_handler));
	receive(signal);
	exit(0);
}

int main(int argc, char **argv)
{
	static const double before[] = {0, 0.05, 0.12};
	static const int signals[] = {SIGURG, SIGWINCH};
	int count = 6 * (int)(sizeof ways / sizeof *ways);
	if (argc > 1) {
		int i = atoi(argv[1]);
		live(i / 6, signals[i / 3 % 2], before[i % 3]);
	}
	for (int i = 0; i < count; i++)
		run_case(i, "ended");
	return 0;
}
