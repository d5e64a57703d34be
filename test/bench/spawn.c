/* SPDX-License-Identifier: Apache-2.0 */
/* spawn.c -- wall time of a short program in several environments, taken in turns.
 *
 *     spawn ROUNDS ENVIRONMENT... -- PROGRAM ARGS...
 *
 * An environment is "NAME=VALUE NAME=VALUE", or "" for nothing added. Prints one line per round:
 * nanoseconds from before the spawn until the child was waited for, one number per environment.
 */
#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ENVIRONMENTS_MAX = 16, ADDED_MAX = 16, VARIABLES_MAX = 1024 };

struct environment {
	char *variables[VARIABLES_MAX];
};

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* What is added stands first, where getenv looks first. */
static void fill(struct environment *environment, char *added)
{
	size_t count = 0;
	for (char *word = strtok(added, " "); word && count < ADDED_MAX; word = strtok(NULL, " "))
		environment->variables[count++] = word;
	for (char **old = environ; *old && count < VARIABLES_MAX - 1; old++)
		environment->variables[count++] = *old;
	environment->variables[count] = NULL;
}

/* Nanoseconds, or 0 when the program could not be run or failed. */
static uint64_t run(char **program, struct environment *environment)
{
	pid_t pid;
	int status;
	uint64_t start = now_ns();
	if (posix_spawn(&pid, program[0], NULL, NULL, program, environment->variables))
		return 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	uint64_t end = now_ns();
	return WIFEXITED(status) && !WEXITSTATUS(status) ? end - start : 0;
}

/* Each round begins with another environment, so that none is always the first. */
static int run_round(char **program, struct environment *environments, size_t count, size_t first)
{
	uint64_t ns[ENVIRONMENTS_MAX];
	for (size_t i = 0; i < count; i++) {
		size_t which = (first + i) % count;
		ns[which] = run(program, &environments[which]);
		if (!ns[which])
			return 1;
	}
	for (size_t i = 0; i < count; i++)
		printf("%s%llu", i ? " " : "", (unsigned long long)ns[i]);
	putchar('\n');
	return 0;
}

int main(int argc, char **argv)
{
	static struct environment environments[ENVIRONMENTS_MAX];
	size_t count = 0;
	int at = 2;
	for (; at < argc && strcmp(argv[at], "--") != 0 && count < ENVIRONMENTS_MAX; at++)
		fill(&environments[count++], argv[at]);
	if (!count || at + 1 >= argc || strcmp(argv[at], "--") != 0) {
		fprintf(stderr, "usage: spawn ROUNDS ENVIRONMENT... -- PROGRAM ARGS...\n");
		return 2;
	}
	size_t rounds = strtoul(argv[1], NULL, 10);
	for (size_t i = 0; i < rounds; i++)
		if (run_round(argv + at + 1, environments, count, i % count)) {
			fprintf(stderr, "spawn: %s failed\n", argv[at + 1]);
			return 1;
		}
	return 0;
}
