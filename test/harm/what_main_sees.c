/* SPDX-License-Identifier: Apache-2.0 */
/* what_main_sees.c -- everything that a process is born with is still so when main begins.
 *
 * harm: loading
 * level: P0
 * naive: segv, altstack, cpu, fd, environ, stderr, thread
 * flags: -O2 -lm
 */
#include <errno.h>
#include <fenv.h>
#include <fcntl.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <xmmintrin.h>

#include "runner_variables.h"
#include "status.h"

extern char **environ;

/* SIGURG and SIGWINCH are the two signals that the library is documented to handle. */
static const char *disposition(int number)
{
	struct sigaction action;
	if (number == SIGURG || number == SIGWINCH)
		return "documented";
	if (syscall(13, number, NULL, &action, 8)) /* rt_sigaction: libc hides its own two */
		return "none";
	return action.sa_handler == SIG_DFL   ? "default"
	       : action.sa_handler == SIG_IGN ? "ignored"
					      : "handled";
}

static void show_signals(void)
{
	sigset_t mask, pending;
	stack_t stack;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigpending(&pending);
	for (int i = 1; i <= 64; i++)
		printf("signal %d: %s%s%s\n", i, disposition(i),
		       sigismember(&mask, i) == 1 ? ", blocked" : "",
		       sigismember(&pending, i) == 1 ? ", pending" : "");
	sigaltstack(NULL, &stack);
	printf("alternate stack: flags %d, size %zu\n", stack.ss_flags, stack.ss_size);
}

static void show_arithmetic(void)
{
	unsigned short control;
	__asm__ volatile("fnstcw %0" : "=m"(control));
	printf("rounding %d, exceptions enabled %#x raised %#x, x87 %#x, mxcsr %#x\n", fegetround(),
	       fegetexcept(), fetestexcept(FE_ALL_EXCEPT), control, _mm_getcsr());
}

static void show_timers(void)
{
	static const int which[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
	for (int i = 0; i < 3; i++) {
		struct itimerval value;
		getitimer(which[i], &value);
		printf("interval timer %d: %ld.%06ld each %ld.%06ld\n", i, value.it_value.tv_sec,
		       value.it_value.tv_usec, value.it_interval.tv_sec, value.it_interval.tv_usec);
	}
}

static void show_limits(void)
{
	for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
		struct rlimit limit;
		getrlimit((__rlimit_resource_t)i, &limit);
		printf("limit %d: %lu of %lu\n", i, limit.rlim_cur, limit.rlim_max);
	}
}

static void show_scheduling(void)
{
	cpu_set_t set;
	sched_getaffinity(0, sizeof set, &set);
	printf("nice %d, policy %d, processors", getpriority(PRIO_PROCESS, 0),
	       sched_getscheduler(0));
	for (int i = 0; i < 64; i++)
		printf(CPU_ISSET(i, &set) ? "1" : "0");
	char name[16];
	prctl(PR_GET_NAME, name);
	int dies_with = 0, reaper = 0;
	prctl(PR_GET_PDEATHSIG, &dies_with);
	prctl(PR_GET_CHILD_SUBREAPER, &reaper);
	printf("\nname %s, dies with parent by %d, subreaper %d, dumpable %d, keeps capabilities "
	       "%d\n",
	       name, dies_with, reaper, prctl(PR_GET_DUMPABLE), prctl(PR_GET_KEEPCAPS));
	printf("slack %d, securebits %d, no new privileges %d, seccomp %d, THP off %d, TSC %d\n",
	       prctl(PR_GET_TIMERSLACK), prctl(PR_GET_SECUREBITS),
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_SECCOMP),
	       prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), prctl(PR_GET_TSC, &reaper));
}

static void show_descriptors(void)
{
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			printf("descriptor %d: flags %d %#x\n", fd, fcntl(fd, F_GETFD),
			       (unsigned)fcntl(fd, F_GETFL));
}

/* What the kernel says; pending signals of the user are counted over all his processes. */
static void show_status(void)
{
	static const char *const wanted[] = {"Umask",  "FDSize", "Groups", "Threads", "SigPnd",
					     "ShdPnd", "SigBlk", "SigIgn", "CapInh",  "CapPrm",
					     "CapEff", "CapBnd", "CapAmb", "VmLck",   "VmPin"};
	char lines[4096];
	status_lines("/proc/self/status", wanted, sizeof wanted / sizeof *wanted, lines,
		     sizeof lines);
	fputs(lines, stdout);
}

static void show_environment(void)
{
	for (char **entry = environ; *entry; entry++)
		if (!is_of_the_runner(*entry))
			puts(*entry);
}

int main(int argc, char **argv)
{
	int error = errno;
	printf("errno %d, arguments %d, name given %d\n", error, argc, argv[0][0] == '/');
	printf("locale %s\n", setlocale(LC_ALL, NULL));
	show_arithmetic();
	show_signals();
	show_timers();
	show_limits();
	show_scheduling();
	show_descriptors();
	show_status();
	show_environment();
	char directory[4096];
	printf("in %s\n", getcwd(directory, sizeof directory));
	return 0;
}
