/* SPDX-License-Identifier: Apache-2.0 */
/* stopped_and_continued.c -- a stopped program goes on where it was; a killed one dies of that
 * signal.
 *
 * harm: signals
 * level: P0
 * naive: wall
 */
#include "life.h"
#include <errno.h>
#include <sys/resource.h>

enum { STOPS = 30, FIRST_DEADLY = 10, FIRST_REAL_TIME = 34 };

static const int deadly[] = {SIGTERM, SIGINT,  SIGHUP,	SIGQUIT,   SIGSEGV, SIGABRT,
			     SIGALRM, SIGPROF, SIGUSR1, SIGVTALRM, SIGXCPU, FIRST_REAL_TIME + 3};
enum { DEADLY = sizeof deadly / sizeof *deadly };

static volatile sig_atomic_t continued;

static void count(int signal)
{
	(void)signal;
	continued++;
}

/* Computes while it is stopped and continued, and says what it noticed. */
static void be_stopped(int handles)
{
	int early = 0;
	if (handles)
		signal(SIGCONT, count);
	printf("stopped while computing, %s\n", handles ? "handling SIGCONT" : "by default");
	for (int i = 0; i < 20; i++) {
		struct timespec moment = {0, 2000000}, rest;
		burn(0.01);
		early += !handles && nanosleep(&moment, &rest) && errno == EINTR;
	}
	printf("early: %d, heard of some %d\n", early, continued > 0);
	fflush(stdout);
	_exit(12);
}

static void be_killed(double before)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	burn(before);
	kill(getppid(), SIGUSR2);
	burn(20);
}

static pid_t begin_case(int number)
{
	char text[16];
	snprintf(text, sizeof text, "%d", number);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execl("/proc/self/exe", "case", text, NULL);
		_exit(1);
	}
	return child;
}

static void stop_and_continue(int number)
{
	int status, stops = 0, continues = 0;
	pid_t child = begin_case(number);
	for (int i = 0; i < STOPS; i++) {
		usleep(2000);
		if (kill(child, SIGSTOP) || waitpid(child, &status, WUNTRACED) != child ||
		    !WIFSTOPPED(status))
			break;
		int reason = WSTOPSIG(status);
		kill(child, SIGCONT);
		if (waitpid(child, &status, WCONTINUED) == child && WIFEXITED(status))
			break;
		stops += reason == SIGSTOP;
		continues += WIFCONTINUED(status) != 0;
	}
	/* it may have come to its end before the last stop */
	printf("stops and continuations are as many: %d, some %d\n", stops == continues, stops > 0);
	print_ending("stopped", WIFEXITED(status) ? status : wait_at_most(child, 60));
}

static void kill_by(int number)
{
	sigset_t ready;
	int signal;
	sigemptyset(&ready);
	sigaddset(&ready, SIGUSR2);
	pid_t child = begin_case(number);
	sigwait(&ready, &signal);
	kill(child, deadly[(number - FIRST_DEADLY) % DEADLY]);
	print_ending("killed", wait_at_most(child, 30));
}

int main(int argc, char **argv)
{
	int number = argc > 1 ? atoi(argv[1]) : -1;
	if (number >= FIRST_DEADLY)
		be_killed(number - FIRST_DEADLY < DEADLY ? 0.01 : 0.12);
	if (number >= 0)
		be_stopped(number);
	sigset_t ready;
	sigemptyset(&ready);
	sigaddset(&ready, SIGUSR2);
	sigprocmask(SIG_BLOCK, &ready, NULL);
	stop_and_continue(0);
	stop_and_continue(1);
	for (int i = 0; i < 2 * DEADLY; i++)
		kill_by(FIRST_DEADLY + i);
	return 0;
}
