/* SPDX-License-Identifier: Apache-2.0 */
/* tasks.h -- the threads of this process, also those that the C library does not know of. */
#pragma once

#include <ctype.h>
#include <dirent.h>
#include <sys/types.h>
#include <unistd.h>

#include "status.h"

/* How many there are, the first MOST of which are listed. */
static inline int list_tasks(pid_t *tasks, int most)
{
	int count = 0;
	DIR *entries = opendir("/proc/self/task");
	for (struct dirent *entry; entries && (entry = readdir(entries));)
		if (isdigit((unsigned char)entry->d_name[0]) && count++ < most)
			tasks[count - 1] = atoi(entry->d_name);
	if (entries)
		closedir(entries);
	return count;
}

static inline int is_of_library(pid_t task)
{
	char path[64], name[32] = "";
	snprintf(path, sizeof path, "/proc/self/task/%d/comm", task);
	FILE *file = fopen(path, "r");
	int is = file && fgets(name, sizeof name, file) && !strcmp(name, "conprof\n");
	if (file)
		fclose(file);
	return is;
}

enum { STATUS_SIZE = 4096, MOST_TASKS = 64, NAPS = 50 };

/* Who a thread is and what it may do. */
static inline void privileges_of(pid_t task, char *lines)
{
	static const char *const names[] = {
		"Uid:",	   "Gid:",    "Groups:",     "CapInh:", "CapPrm:",
		"CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp:"};
	char path[64];
	snprintf(path, sizeof path, "/proc/self/task/%d/status", task);
	status_lines(path, names, sizeof names / sizeof *names, lines, STATUS_SIZE);
}

/* Whether each has the privileges that main has; one that has gone has none. */
static inline int tasks_are_as_main(void)
{
	char of_main[STATUS_SIZE], other[STATUS_SIZE];
	pid_t tasks[MOST_TASKS];
	int found = list_tasks(tasks, MOST_TASKS), are = found <= MOST_TASKS;
	privileges_of(getpid(), of_main);
	for (int i = 0; are && i < found; i++) {
		privileges_of(tasks[i], other);
		are = !other[0] || !strcmp(of_main, other);
	}
	return are;
}

/* The C library changes a thread by a signal, which others may take a moment to follow. Naps and
 * not an end of time, so that a busy machine gives everyone longer. */
static inline int tasks_become_as_main(void)
{
	int are = 0;
	for (int nap = 0; nap < NAPS && !(are = tasks_are_as_main()); nap++)
		usleep(1000);
	return are;
}
