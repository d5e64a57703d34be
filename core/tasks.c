/* SPDX-License-Identifier: Apache-2.0 */
/* tasks.c -- reading /proc/self/task; its contents are input like any other. */
#include "core/tasks.h"

#include "core/arch.h"
#include "core/procfile.h"
#include "core/status.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STAT_SIZE = 1024 };

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* As getdents64(2) has it. */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* One directory that stays open, because opening and closing it, and a heap that grows and shrinks
 * for it, cost more than reading it. */
static struct {
	int fd; /* 0: not open yet */
	_Alignas(8) uint8_t entries[4096];
} self;

static bool rewind_directory(void)
{
	if (self.fd > 0)
		return lseek(self.fd, 0, SEEK_SET) == 0;
	int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	self.fd = fd == 0 ? dup(fd) : fd;
	return self.fd > 0;
}

size_t tasks_list(uint32_t *tids, size_t max)
{
	uint32_t own = arch_thread_id();
	size_t count = 0;
	long len;
	if (!rewind_directory())
		return 0;
	while ((len = syscall(SYS_getdents64, self.fd, self.entries, sizeof(self.entries))) > 0) {
		for (long at = 0; at < len;) {
			const struct directory_entry *entry = (const void *)(self.entries + at);
			uint32_t tid = (uint32_t)strtoul(entry->name, NULL, 10);
			if (tid && tid != own && count < max)
				tids[count++] = tid;
			at += entry->size;
		}
	}
	qsort(tids, count, sizeof(*tids), by_number);
	return count;
}

bool tasks_contain(const uint32_t *tids, size_t count, uint32_t tid)
{
	return count && bsearch(&tid, tids, count, sizeof(*tids), by_number);
}

bool tasks_is_dead(uint32_t tid)
{
	struct status status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%u/status", tid);
	return status_read(&status, path) && status_is_dead(&status);
}

/* The last number of the stat file, as wait(2) encodes it. */
int tasks_exit_status(uint32_t tid)
{
	char path[64];
	char text[STAT_SIZE];
	snprintf(path, sizeof(path), "/proc/self/task/%u/stat", tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	const char *last = strrchr(text, ' ');
	return last ? (int)(strtoul(last, NULL, 10) >> 8 & 0xff) : 0;
}

enum tasks_privileges tasks_compare_privileges(void)
{
	static const struct {
		const char *key;
		enum tasks_privileges meaning;
	} lines[] = {
		{"\nSeccomp:", TASKS_OTHER_SANDBOX},   {"\nNoNewPrivs:", TASKS_OTHER_SANDBOX},
		{"\nUid:", TASKS_OTHER_PRIVILEGES},    {"\nGid:", TASKS_OTHER_PRIVILEGES},
		{"\nGroups:", TASKS_OTHER_PRIVILEGES}, {"\nCapInh:", TASKS_OTHER_PRIVILEGES},
		{"\nCapPrm:", TASKS_OTHER_PRIVILEGES}, {"\nCapEff:", TASKS_OTHER_PRIVILEGES},
		{"\nCapBnd:", TASKS_OTHER_PRIVILEGES}, {"\nCapAmb:", TASKS_OTHER_PRIVILEGES},
	};
	struct status process;
	struct status own;
	if (!status_read(&process, "/proc/self/status") ||
	    !status_read(&own, "/proc/thread-self/status"))
		return TASKS_ALIKE;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!status_is_same(&process, &own, lines[i].key))
			return lines[i].meaning;
	return TASKS_ALIKE;
}

void tasks_close(void)
{
	if (self.fd > 0)
		close(self.fd);
	self.fd = 0;
}

uint64_t tasks_blocked_signals(uint32_t tid)
{
	char path[64];
	uint64_t blocked;
	snprintf(path, sizeof(path), "/proc/self/task/%u/status", tid);
	return procfile_number(path, "\nSigBlk:", 16, &blocked) ? blocked : UINT64_MAX;
}

bool tasks_are_unfiltered(void)
{
	uint64_t mode;
	return procfile_number("/proc/thread-self/status", "\nSeccomp:", 10, &mode) && mode == 0;
}
