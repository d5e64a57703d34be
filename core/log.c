/* SPDX-License-Identifier: Apache-2.0 */
/* log.c -- open, one write, close; by system calls alone, so that any thread may come here. */
#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/arch.h"
#include "core/state.h"

enum { LINE_SIZE = 1100, TEXT_MAX = 1000 };

static struct {
	const char *file;
	int level;
	bool may_not_borrow;
	bool has_stderr; /* when the program began, and it was this file: */
	uint64_t device, inode;
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

static bool identify(long fd, uint64_t *device, uint64_t *inode)
{
	struct stat status = {0};
	if (arch_syscall(SYS_fstat, fd, (long)&status, 0, 0, 0))
		return false;
	*device = status.st_dev;
	*inode = status.st_ino;
	return true;
}

void log_open(const char *file, int level)
{
	if (!self.file)
		self.has_stderr = identify(2, &self.device, &self.inode);
	self.file = file;
	self.level = level;
}

void log_may_borrow(bool may)
{
	self.may_not_borrow = !may;
}

/* Descriptor 2 may have been closed and be the program's data by now. */
static bool is_still_stderr(long fd)
{
	uint64_t device, inode;
	return self.has_stderr && identify(fd, &device, &inode) && device == self.device &&
	       inode == self.inode;
}

/* On a thread of the program a write may raise SIGXFSZ or SIGPIPE, which nobody asked for. */
static void write_line(long fd, const struct line *line)
{
	const uint64_t all = UINT64_MAX;
	const uint64_t raised = 1ull << (SIGXFSZ - 1) | 1ull << (SIGPIPE - 1);
	const struct timespec at_once = {0};
	uint64_t before = 0, pending = 0;
	arch_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, 8, 0);
	arch_syscall(SYS_rt_sigpending, (long)&pending, 8, 0, 0, 0);
	long written = arch_syscall(SYS_write, fd, (long)line->text, (long)line->len, 0, 0);
	if ((written == -EFBIG || written == -EPIPE) && !(pending & raised))
		arch_syscall(SYS_rt_sigtimedwait, (long)&raised, 0, (long)&at_once, 8, 0);
	arch_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, 8, 0);
}

bool log_wants(enum log_level level)
{
	return self.file && (int)level <= self.level;
}

static bool is_worker(void)
{
	struct state *state = state_get();
	return state &&
	       atomic_load_explicit(&state->worker_tid, memory_order_relaxed) == arch_thread_id();
}

/* The program's own open file, and not the same file opened again, which would write over what the
 * program writes. Linux 5.6; without it there is no line. */
static long borrow_stderr(void)
{
	long process = arch_syscall(SYS_pidfd_open, arch_process_id(), 0, 0, 0, 0);
	if (process < 0)
		return process;
	long fd = arch_syscall(SYS_pidfd_getfd, process, 2, 0, 0, 0);
	arch_syscall(SYS_close, process, 0, 0, 0, 0);
	return fd;
}

/* A full pipe or terminal would hold us up, one without a reader raises SIGPIPE. */
static bool takes_a_line(long fd)
{
	struct pollfd poll = {.fd = (int)fd, .events = POLLOUT};
	return arch_syscall(SYS_poll, (long)&poll, 1, 0, 0, 0) == 1 && poll.revents == POLLOUT;
}

static void write_to_stderr(const struct line *line)
{
	bool borrowed = is_worker();
	if (borrowed && self.may_not_borrow)
		return;
	long fd = borrowed ? borrow_stderr() : 2;
	if (fd < 0)
		return;
	if (is_still_stderr(fd) && takes_a_line(fd))
		write_line(fd, line);
	if (borrowed)
		arch_syscall(SYS_close, fd, 0, 0, 0, 0);
}

static void write_to_file(const struct line *line)
{
	long flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW;
	long fd = arch_syscall(SYS_open, (long)self.file, flags, 0640, 0, 0);
	if (fd < 0)
		return;
	write_line(fd, line);
	arch_syscall(SYS_close, fd, 0, 0, 0, 0);
}

void log_line(enum log_level level, const char *text)
{
	static const char *const words[] = {"", "error", "warning", "info", "debug"};
	if (!log_wants(level))
		return;
	struct line line = {0};
	append(&line, "conprof[", SIZE_MAX);
	append_number(&line, arch_process_id());
	append(&line, "]: ", SIZE_MAX);
	append(&line, words[level], SIZE_MAX);
	append(&line, ": ", SIZE_MAX);
	append(&line, text, TEXT_MAX);
	line.text[line.len++] = '\n';
	if (is_stderr(self.file))
		write_to_stderr(&line);
	else
		write_to_file(&line);
}
