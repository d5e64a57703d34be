/* SPDX-License-Identifier: Apache-2.0 */
/* vfork_and_spawn.c -- programs that are started while this one computes end as they are to end.
 *
 * Between vfork and exec a child runs in its parent's memory; a tick may come to either.
 *
 * harm: signals
 * level: P0
 * bound: 5.0
 */
#include "life.h"
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdatomic.h>

enum { TIMES = 40 };

extern char **environ;
static char number[8];
static char *const arguments[] = {"ends", number, NULL};

static int status_of(pid_t child)
{
	int status = -1;
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)
		       ? WEXITSTATUS(status)
		       : -1;
}

static int by_vfork(void)
{
	pid_t child = vfork();
	if (child == 0) {
		execv("/proc/self/exe", arguments);
		_exit(99);
	}
	return status_of(child);
}

/* Long enough in the parent's memory for its timers to come due, had they been inherited. */
static int by_slow_vfork(void)
{
	pid_t child = vfork();
	if (child == 0) {
		for (volatile int i = 0; i < 2000000; i++)
			;
		_exit(atoi(number));
	}
	return status_of(child);
}

static int by_spawn(void)
{
	pid_t child;
	posix_spawnattr_t attributes;
	sigset_t all;
	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attributes, &all);
	if (posix_spawn(&child, "/proc/self/exe", NULL, &attributes, arguments, environ))
		child = -1;
	posix_spawnattr_destroy(&attributes);
	return status_of(child);
}

static int by_system(void)
{
	char text[64];
	snprintf(text, sizeof text, "exit %s", number);
	return WEXITSTATUS(system(text));
}

static int by_popen(void)
{
	char text[64], line[64] = "";
	snprintf(text, sizeof text, "echo %s", number);
	FILE *pipe = popen(text, "r");
	if (!pipe || !fgets(line, sizeof line, pipe) || pclose(pipe))
		return -1;
	return atoi(line);
}

static int exec_self(void *unused)
{
	(void)unused;
	execv("/proc/self/exe", arguments);
	_exit(99);
}

static int by_clone(void)
{
	static char stack[1 << 16] __attribute__((aligned(16)));
	return status_of(
		clone(exec_self, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL));
}

static const struct {
	const char *name;
	int (*run)(void);
} ways[] = {
	{"vfork and exec", by_vfork}, {"vfork alone", by_slow_vfork},
	{"posix_spawn", by_spawn},    {"system", by_system},
	{"popen", by_popen},	      {"clone", by_clone},
};

static atomic_int ended;

static void *compute(void *unused)
{
	while (!atomic_load(&ended))
		burn(0.005);
	return unused;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return atoi(argv[1]);
	pthread_t thread;
	pthread_create(&thread, NULL, compute, NULL);
	for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
		int right = 0;
		for (int i = 1; i <= TIMES; i++) {
			snprintf(number, sizeof number, "%d", i);
			burn(0.002);
			right += ways[way].run() == i;
		}
		printf("%s: %d of %d\n", ways[way].name, right, TIMES);
	}
	atomic_store(&ended, 1);
	pthread_join(thread, NULL);
	return 0;
}
