/* SPDX-License-Identifier: Apache-2.0 */
/* inject.c -- runs a program under the library and lets one of the library's system calls fail.
 *
 *     inject [-c NUMBER] [-x CONTEXT] [-n NTH] [-e ERRNO | -s] [-a] [-p] [-t SECONDS] [-l LOG]
 * PROGRAM...
 *
 * A call is the library's when it comes from the mapping of libconprof.so: both halves make their
 * calls themselves. -c and -x choose among them by number and by context, which is a sum of the
 * return addresses within the library on the stack, so that calls of one wrapper are told apart.
 * -e fails the NTH of them; -s lets it move a single byte; -a lets it happen first, as for a close
 * that reports an error of the disk; -p fails all later ones too. -l writes a line for each call:
 * process (1 is the first), number, context, and whether it was the one.
 *
 * The status is the program's; 125 when it did not end within the time, 126 for our own errors, 127
 * when the call to fail never came, 128 + n after signal n. All processes have ended by then.
 */
#include <errno.h>
#include <elf.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/ptrace.h>

enum {
	TASKS_MAX = 256,
	STACK_WORDS = 96, /* how far up the stack return addresses are looked for */
	LATE = 125,
	OWN_ERROR = 126,
	NEVER_CAME = 127,
};

enum plan { PLAN_NONE, PLAN_FAIL, PLAN_AFTER, PLAN_SHORT };

struct task {
	pid_t tid, process;
	int number;	   /* of the process: 1 is the first */
	uint64_t from, to; /* of the library's code; 0: not mapped yet */
	enum plan plan;	   /* for the call that the task is in */
};

static struct {
	long call;
	uint64_t context;
	bool has_context, after, is_short, persist;
	unsigned long nth;
	int error;
	double seconds;
	FILE *log;
	const char *library;
} options = {.call = -1, .seconds = 20};

static struct {
	struct task tasks[TASKS_MAX];
	size_t count;
	int process_count;
	unsigned long matched;
	bool injected;
	pid_t first;
	int status; /* of the first process, as waitpid has it */
} self;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(OWN_ERROR);
}

static struct task *find_task(pid_t tid)
{
	for (size_t i = 0; i < self.count; i++)
		if (self.tasks[i].tid == tid)
			return &self.tasks[i];
	return NULL;
}

static pid_t process_of(pid_t tid)
{
	char path[64], line[128];
	long process = tid;
	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "Tgid:", 5))
			process = strtol(line + 5, NULL, 10);
	if (file)
		fclose(file);
	return (pid_t)process;
}

static struct task *add_task(pid_t tid)
{
	if (self.count == TASKS_MAX) {
		errno = ENOMEM;
		die("too many threads");
	}
	struct task task = {.tid = tid, .process = process_of(tid)};
	for (size_t i = 0; i < self.count; i++)
		if (self.tasks[i].process == task.process)
			task.number = self.tasks[i].number;
	if (!task.number)
		task.number = ++self.process_count;
	self.tasks[self.count] = task;
	return &self.tasks[self.count++];
}

static void remove_task(pid_t tid)
{
	struct task *task = find_task(tid);
	if (task)
		*task = self.tasks[--self.count];
}

/* Where the library's code is, once it is mapped. It never moves, nor does a fork move it. */
static bool find_library(struct task *task)
{
	char path[64], line[4352];
	snprintf(path, sizeof(path), "/proc/%d/maps", task->tid);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		uint64_t from, to;
		char mode[5];
		if (strstr(line, "/libconprof.so") &&
		    sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to, mode) == 3 &&
		    mode[2] == 'x') {
			task->from = from;
			task->to = to;
		}
	}
	if (file)
		fclose(file);
	return task->to > 0;
}

/* Calls of the first process before main would each read the maps otherwise: the linker's own come
 * from its own mapping, which is not near a library's. */
static bool is_ours(struct task *task, uint64_t rip)
{
	if (!task->to && !find_library(task))
		return false;
	return rip - task->from < task->to - task->from;
}

/* Which way the library went to this call, whatever the addresses are in this run. */
static uint64_t context_of(const struct task *task, uint64_t rip, uint64_t rsp)
{
	uint64_t words[STACK_WORDS] = {0};
	struct iovec local = {words, sizeof(words)}, remote = {(void *)rsp, sizeof(words)};
	uint64_t sum = rip - task->from;
	ssize_t got = process_vm_readv(task->tid, &local, 1, &remote, 1, 0);
	if (got < 0) { /* the stack ends sooner */
		remote.iov_len = local.iov_len =
			4096 - (rsp & 4095) < sizeof(words) ? 4096 - (rsp & 4095) : sizeof(words);
		got = process_vm_readv(task->tid, &local, 1, &remote, 1, 0);
	}
	for (ssize_t i = 0, seen = 0; i < got / 8 && seen < 3; i++)
		if (words[i] - task->from < task->to - task->from) {
			sum = sum * 31 + (words[i] - task->from);
			seen++;
		}
	return sum;
}

static enum plan plan_for(long number, uint64_t context)
{
	if (options.call >= 0 && number != options.call)
		return PLAN_NONE;
	if (options.has_context && context != options.context)
		return PLAN_NONE;
	unsigned long nth = ++self.matched;
	if (!options.nth || nth < options.nth || (nth > options.nth && !options.persist))
		return PLAN_NONE;
	self.injected = true;
	if (options.is_short)
		return PLAN_SHORT;
	return options.after ? PLAN_AFTER : PLAN_FAIL;
}

static void poke(pid_t tid, size_t where, uint64_t value)
{
	/* a task that was killed meanwhile needs nothing any more */
	if (ptrace(PTRACE_POKEUSER, tid, where, value) && errno != ESRCH)
		die("PTRACE_POKEUSER");
}

static void enter(struct task *task, const struct ptrace_syscall_info *info)
{
	task->plan = PLAN_NONE;
	if (!is_ours(task, info->instruction_pointer))
		return;
	uint64_t context = context_of(task, info->instruction_pointer, info->stack_pointer);
	task->plan = plan_for((long)info->entry.nr, context);
	if (options.log)
		fprintf(options.log, "%d %ld %" PRIx64 " %d\n", task->number, (long)info->entry.nr,
			context, task->plan != PLAN_NONE);
	if (task->plan == PLAN_FAIL)
		poke(task->tid, offsetof(struct user, regs.orig_rax), UINT64_MAX);
	else if (task->plan == PLAN_SHORT && info->entry.args[2] > 1)
		poke(task->tid, offsetof(struct user, regs.rdx), 1);
}

static void leave(struct task *task, const struct ptrace_syscall_info *info)
{
	bool is_error = info->exit.is_error;
	if (task->plan == PLAN_FAIL || (task->plan == PLAN_AFTER && !is_error))
		poke(task->tid, offsetof(struct user, regs.rax), (uint64_t)(int64_t)-options.error);
	task->plan = PLAN_NONE;
}

static void at_syscall(struct task *task)
{
	struct ptrace_syscall_info info;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->tid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		enter(task, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		leave(task, &info);
}

/* The signal that the task goes on with. */
static int at_stop(struct task *task, int status)
{
	int signal = WSTOPSIG(status);
	int event = status >> 16;
	if (signal == (SIGTRAP | 0x80)) {
		at_syscall(task);
		return 0;
	}
	if (event == PTRACE_EVENT_EXEC)
		task->to = 0;
	return event ? 0 : signal;
}

static void kill_all(void)
{
	for (size_t i = 0; i < self.count; i++)
		kill(self.tasks[i].process, SIGKILL);
}

static double seconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void handle(pid_t tid, int status)
{
	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		if (tid == self.first)
			self.status = status;
		remove_task(tid);
		return;
	}
	struct task *task = find_task(tid);
	if (!task)
		task = add_task(tid);
	long signal = at_stop(task, status);
	ptrace(PTRACE_SYSCALL, tid, 0, signal);
}

static volatile sig_atomic_t is_late;

static void too_late(int signal)
{
	(void)signal;
	is_late = 1;
}

/* Until the last of them has ended; false when that took too long. */
static bool follow(void)
{
	struct sigaction action = {.sa_handler = too_late}; /* no SA_RESTART: ends the waitpid */
	sigaction(SIGALRM, &action, NULL);
	double until = seconds_now() + options.seconds;
	bool is_killed = false;
	alarm((unsigned)options.seconds + 1);
	for (;;) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL);
		if (tid > 0)
			handle(tid, status);
		else if (errno == ECHILD)
			return !is_killed;
		if ((is_late || seconds_now() > until) && !is_killed) {
			is_killed = true;
			kill_all();
		}
	}
}

static void start(char **command)
{
	int gate[2];
	char byte;
	if (pipe(gate))
		die("pipe");
	self.first = fork();
	if (self.first < 0)
		die("fork");
	if (self.first == 0) {
		close(gate[1]);
		if (read(gate[0], &byte, 1) != 1)
			_exit(OWN_ERROR);
		close(gate[0]);
		if (options.library)
			setenv("LD_PRELOAD", options.library, 1);
		execvp(command[0], command);
		_exit(OWN_ERROR);
	}
	long flags = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
		     PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	if (ptrace(PTRACE_SEIZE, self.first, 0, flags) ||
	    ptrace(PTRACE_INTERRUPT, self.first, 0, 0))
		die("PTRACE_SEIZE");
	if (write(gate[1], "", 1) != 1)
		die("write");
	close(gate[0]);
	close(gate[1]);
}

static void read_options(int argc, char **argv)
{
	int option;
	while ((option = getopt(argc, argv, "+c:x:n:e:sapt:l:L:")) != -1) {
		switch (option) {
		case 'c':
			options.call = strtol(optarg, NULL, 10);
			break;
		case 'x':
			options.context = strtoull(optarg, NULL, 16);
			options.has_context = true;
			break;
		case 'n':
			options.nth = strtoul(optarg, NULL, 10);
			break;
		case 'e':
			options.error = (int)strtol(optarg, NULL, 10);
			break;
		case 's':
			options.is_short = true;
			break;
		case 'a':
			options.after = true;
			break;
		case 'p':
			options.persist = true;
			break;
		case 't':
			options.seconds = strtod(optarg, NULL);
			break;
		case 'l':
			options.log = fopen(optarg, "we");
			break;
		case 'L':
			options.library = optarg;
			break;
		default:
			exit(OWN_ERROR);
		}
	}
	if (optind == argc) {
		fputs("inject: no program\n", stderr);
		exit(OWN_ERROR);
	}
}

int main(int argc, char **argv)
{
	read_options(argc, argv);
	start(argv + optind);
	bool has_ended = follow();
	if (options.log)
		fclose(options.log);
	if (!has_ended)
		return LATE;
	if (WIFSIGNALED(self.status))
		return 128 + WTERMSIG(self.status);
	if (options.nth && !self.injected && WEXITSTATUS(self.status) == 0)
		return NEVER_CAME;
	return WEXITSTATUS(self.status);
}
