/* SPDX-License-Identifier: Apache-2.0 */
/* forks_in_a_sandbox.c -- children of a program whose filter kills for whatever it does not need.
 *
 * harm: life
 * level: P0
 */
#include "life.h"
#include "sandbox.h"
#include <signal.h>
#include <sys/wait.h>

static const struct sock_filter kills_for_timers[] = {
	SANDBOX_LOAD(nr),
	SANDBOX_IF(SYS_timer_create, SECCOMP_RET_KILL_PROCESS),
	SANDBOX_IF(SYS_timer_settime, SECCOMP_RET_KILL_PROCESS),
	SANDBOX_IF(SYS_timer_delete, SECCOMP_RET_KILL_PROCESS),
	SANDBOX_IF(SYS_madvise, SECCOMP_RET_KILL_PROCESS),
	SANDBOX_IF(SYS_gettid, SECCOMP_RET_KILL_PROCESS),
	SANDBOX_IF(SYS_getpid, SECCOMP_RET_KILL_PROCESS),
	SANDBOX_IF(SYS_prctl, SECCOMP_RET_KILL_PROCESS),
	SANDBOX_ELSE(SECCOMP_RET_ALLOW),
};

static void change_signals(void)
{
	sigset_t all, before;
	struct sigaction action;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	sigpending(&all);
	sigprocmask(SIG_SETMASK, &before, NULL);
	sigaction(SIGUSR1, NULL, &action);
	sigaction(SIGURG, NULL, &action);
	if (action.sa_handler != SIG_DFL)
		_exit(2);
	signal(SIGURG, SIG_IGN);
}

static void live(double seconds, enum sandbox_way way)
{
	struct sock_fprog program = {sizeof kills_for_timers / sizeof *kills_for_timers,
				     (struct sock_filter *)kills_for_timers};
	int status;
	burn(seconds);
	if (sandbox_enter(&program, way))
		_exit(1);
	pid_t child = fork();
	if (!child) {
		burn(0.15);
		change_signals();
		_exit(3);
	}
	waitpid(child, &status, 0);
	change_signals();
	burn(0.02);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

int main(void)
{
	for (int way = SANDBOX_PRCTL; way <= SANDBOX_ALL_THREADS; way++)
		for (int late = 0; late < 2; late++) {
			int status;
			pid_t child = fork();
			if (!child)
				live(late * 0.15, way);
			waitpid(child, &status, 0);
			printf("way %d, after %s: %x\n", way, late ? "work" : "nothing", status);
		}
	return 0;
}
