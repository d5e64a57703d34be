/* SPDX-License-Identifier: Apache-2.0 */
/* memory_is_locked.c -- a program that locks its memory locks what it would lock, and may do so.
 *
 * As root without a limit; unprivileged with a limit that is little more than what it needs.
 *
 * harm: threads
 * level: P1
 * naive: thread
 * needs: root
 */
#include "life.h"
#include "anew.h"
#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { NOBODY = 65534, KIB = 1024 };

static long status_kib(const char *name)
{
	char line[256];
	long value = -1;
	FILE *file = fopen("/proc/self/status", "r");
	while (file && fgets(line, sizeof line, file))
		if (!strncmp(line, name, strlen(name)))
			value = atol(line + strlen(name));
	if (file)
		fclose(file);
	return value;
}

/* In steps of a MiB, because the loader may map a page more or less. */
static void print_locked(const char *when)
{
	printf("%s: %ld MiB\n", when, (status_kib("VmLck:") + 512) / KIB);
}

static char *touched(size_t size)
{
	char *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (block != MAP_FAILED)
		memset(block, 1, size);
	return block;
}

static void lock(int flags)
{
	touched(16 << 20);
	printf("mlockall: %s\n", mlockall(flags) ? strerror(errno) : "done");
}

static void *compute(void *unused)
{
	burn(0.15);
	return unused;
}

static void lock_all(double before)
{
	burn(before);
	lock(MCL_CURRENT | MCL_FUTURE);
	print_locked("at once");
	burn(0.15);
	print_locked("later");
	touched(4 << 20);
	print_locked("and 4 MiB");
	munlockall();
	burn(0.1);
	print_locked("unlocked");
}

static void lock_current(double before)
{
	pthread_t thread;
	burn(before);
	lock(MCL_CURRENT);
	pthread_create(&thread, NULL, compute, NULL);
	pthread_join(thread, NULL);
	touched(4 << 20);
	print_locked("later");
}

/* What the program has mapped before mlockall, and 3 MiB. */
static void lock_under_limit(double before)
{
	rlim_t most = (rlim_t)(16 + 3 + 6) << 20;
	struct rlimit limit = {most, most};
	burn(before);
	setrlimit(RLIMIT_MEMLOCK, &limit);
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		exit(3);
	lock(MCL_CURRENT | MCL_FUTURE);
	print_locked("at once");
	burn(0.15);
	print_locked("later");
}

static const struct {
	const char *name;
	void (*live)(double before);
} ways[] = {{"all", lock_all}, {"current", lock_current}, {"under a limit", lock_under_limit}};

int main(int argc, char **argv)
{
	static const double before[] = {0, 0.05, 0.12};
	if (argc > 1) {
		ways[atoi(argv[1]) / 3].live(before[atoi(argv[1]) % 3]);
		return 0;
	}
	for (int i = 0; i < 3 * (int)(sizeof ways / sizeof *ways); i++)
		run_case(i, ways[i / 3].name);
	return 0;
}
