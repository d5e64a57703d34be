/* SPDX-License-Identifier: Apache-2.0 */
/* identity_changes_with_threads.c -- setuid and its like come back at once, and then no thread is
 * what it was before.
 *
 * harm: threads
 * level: P0
 * naive: rawmask
 * needs: root
 */
#include "again.h"
#include <ctype.h>
#include <dirent.h>
#include <grp.h>
#include <pthread.h>

/* The C library changes a thread by a signal, which others may take a moment to follow. */
enum { NOBODY = 65534, THREADS = 3, NAPS = 50, TEXT = 2048 };

static volatile int is_over;

static void *work(void *sleeps)
{
	while (!is_over)
		if (sleeps)
			usleep(5000);
		else
			burn(0.005);
	return NULL;
}

static void summarize(const char *task, char *summary)
{
	static const char *const fields[] = {
		"Uid:", "Gid:", "Groups:", "CapEff:", "CapPrm:", "NoNewPrivs:", "Seccomp:"};
	char path[300], line[512];
	snprintf(path, sizeof path, "/proc/self/task/%s/status", task);
	summary[0] = 0;
	FILE *status = fopen(path, "r");
	while (status && fgets(line, sizeof line, status))
		for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
			if (strncmp(line, fields[i], strlen(fields[i])) == 0)
				strncat(summary, line, TEXT - strlen(summary) - 1);
	if (status)
		fclose(status);
}

static int all_are_equal(void)
{
	char first[TEXT], other[TEXT], self[16];
	int equal = 1;
	snprintf(self, sizeof self, "%d", getpid());
	summarize(self, first);
	DIR *tasks = opendir("/proc/self/task");
	for (struct dirent *entry; tasks && (entry = readdir(tasks));) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		summarize(entry->d_name, other);
		equal &= !other[0] || strcmp(first, other) == 0;
	}
	closedir(tasks);
	return equal;
}

static void show(const char *what, int result)
{
	int equal = 0;
	for (int nap = 0; nap < NAPS && !(equal = all_are_equal()); nap++)
		usleep(1000);
	printf("%s: %d, all equal %d, user %d %d group %d %d\n", what, result, equal, getuid(),
	       geteuid(), getgid(), getegid());
}

static void change_identity(int threads)
{
	pthread_t made[THREADS];
	gid_t groups[] = {5, 6};
	for (int i = 0; i < threads; i++)
		pthread_create(&made[i], NULL, work, i ? (void *)1 : NULL);
	burn(0.25);
	show("setgroups", setgroups(2, groups));
	show("setegid", setegid(7));
	show("seteuid", seteuid(1234));
	show("back", seteuid(0));
	show("setresgid", setresgid(NOBODY, NOBODY, NOBODY));
	show("setuid", setuid(NOBODY));
	show("not back", setuid(0));
	is_over = 1;
	for (int i = 0; i < threads; i++)
		pthread_join(made[i], NULL);
	burn(0.05);
	show("alone again", 0);
}

static void alone(void)
{
	change_identity(0);
}

static void with_threads(void)
{
	change_identity(THREADS);
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {{"alone", alone}, {"with threads", with_threads}};
	return RUN_CASES(argc, argv, cases);
}
