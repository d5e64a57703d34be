/* SPDX-License-Identifier: Apache-2.0 */
/* children_by_every_call.c -- vfork, posix_spawn, system, popen and clone that shares memory, from
 * a busy program with a busy thread.
 *
 * harm: signals
 * level: P0
 * naive: child, cpu
 */
#include "life.h"
#include <pthread.h>
#include <sched.h>
#include <spawn.h>

enum { TIMES = 25, STACK = 65536, ANSWER = 7 };

extern char **environ;
static char *arguments[] = {"sh", "-c", "exit 7", NULL};
static volatile int is_over;

static int is_answer(pid_t child)
{
	int status = 0;
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == ANSWER;
}

static int by_vfork(void)
{
	pid_t child = vfork();
	if (child == 0) {
		execv("/bin/sh", arguments);
		_exit(1);
	}
	return is_answer(child);
}

static int by_vfork_alone(void)
{
	pid_t child = vfork();
	if (child == 0)
		_exit(ANSWER);
	return is_answer(child);
}

static int by_posix_spawn(void)
{
	pid_t child = -1;
	posix_spawnattr_t attributes;
	sigset_t set;
	sigfillset(&set);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigdefault(&attributes, &set);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attributes, &set);
	int error = posix_spawn(&child, "/bin/sh", NULL, &attributes, arguments, environ);
	posix_spawnattr_destroy(&attributes);
	return !error && is_answer(child);
}

static int by_system(void)
{
	int status = system("exit 7");
	return WIFEXITED(status) && WEXITSTATUS(status) == ANSWER;
}

static int by_popen(void)
{
	char text[16] = "";
	FILE *child = popen("echo answer; exit 7", "r");
	int was_read = child && fgets(text, sizeof text, child) && strcmp(text, "answer\n") == 0;
	int status = child ? pclose(child) : 0;
	return was_read && WIFEXITED(status) && WEXITSTATUS(status) == ANSWER;
}

static int execute(void *unused)
{
	(void)unused;
	execv("/bin/sh", arguments);
	return 1;
}

static int by_clone(void)
{
	static char stack[STACK] __attribute__((aligned(16)));
	return is_answer(clone(execute, stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL));
}

static void *work(void *unused)
{
	while (!is_over)
		burn(0.005);
	return unused;
}

int main(void)
{
	static const struct {
		const char *name;
		int (*make)(void);
	} calls[] = {{"vfork and exec", by_vfork},
		     {"vfork alone", by_vfork_alone},
		     {"posix_spawn", by_posix_spawn},
		     {"system", by_system},
		     {"popen", by_popen},
		     {"clone", by_clone}};
	pthread_t thread;
	burn(0.15);
	pthread_create(&thread, NULL, work, NULL);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		int right = 0;
		for (int time = 0; time < TIMES; time++) {
			burn(0.0005);
			right += calls[i].make();
		}
		printf("%s: %d of %d\n", calls[i].name, right, TIMES);
	}
	is_over = 1;
	pthread_join(thread, NULL);
	printf("no other child: %d\n", waitpid(-1, NULL, 0) == -1);
	return 0;
}
