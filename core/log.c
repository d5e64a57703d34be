/* SPDX-License-Identifier: Apache-2.0 */
/* log.c -- open, one write, close; by system calls alone, so that any thread may come here. */
#include "core/log.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "core/arch.h"

enum { LINE_SIZE = 1100, TEXT_MAX = 1000 };

static struct {
	const char *file;
	int level;
} self;

struct line {
	size_t len;
	char text[LINE_SIZE];
};

/* Control characters could draw on the operator's terminal, or begin a line of their own. */
static void append(struct line *line, const char *text, size_t most)
{
	for (size_t i = 0; text[i] && i < most && line->len < LINE_SIZE - 1; i++) {
		bool is_control = (unsigned char)text[i] < ' ' || text[i] == 0x7f;
		line->text[line->len++] = '?';
		if (!is_control)
			line->text[line->len - 1] = text[i];
	}
}

static void append_number(struct line *line, uint64_t number)
{
	char digits[21];
	size_t at = sizeof(digits) - 1;
	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	append(line, digits + at, sizeof(digits));
}

static bool is_stderr(const char *file)
{
	static const char name[] = "stderr";
	for (size_t i = 0; i < sizeof(name); i++)
		if (file[i] != name[i])
			return false;
	return true;
}

void log_open(const char *file, int level)
{
	self.file = file;
	self.level = level;
}

bool log_wants(enum log_level level)
{
	return self.file && (int)level <= self.level;
}

void log_line(enum log_level level, const char *text)
{
	static const char *const words[] = {"", "error", "warning", "info", "debug"};
	if (!log_wants(level))
		return;
	struct line line = {0};
	append(&line, "conprof[", SIZE_MAX);
	append_number(&line, (uint64_t)arch_syscall(SYS_getpid, 0, 0, 0, 0, 0));
	append(&line, "]: ", SIZE_MAX);
	append(&line, words[level], SIZE_MAX);
	append(&line, ": ", SIZE_MAX);
	append(&line, text, TEXT_MAX);
	line.text[line.len++] = '\n';
	const char *path = self.file;
	long flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	if (is_stderr(path))
		path = "/proc/self/fd/2";
	else
		flags |= O_CREAT | O_NOFOLLOW;
	long fd = arch_syscall(SYS_open, (long)path, flags, 0640, 0, 0);
	if (fd < 0)
		return;
	arch_syscall(SYS_write, fd, (long)line.text, (long)line.len, 0, 0);
	arch_syscall(SYS_close, fd, 0, 0, 0, 0);
}
