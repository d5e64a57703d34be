/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c -- every call that the profiler lives by, made once with arguments that do nothing. */
#include "core/filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/arch.h"
#include "core/procfile.h"

/* A descriptor, clock, timer, socket family or option that does not exist, or nothing to do. The
 * calls that every program makes before its first line are not here. */
static const struct {
	short number;
	short first, second, third;
} calls[] = {
	/* ticks */
	{SYS_clock_gettime, 99, 0, 0},
	{SYS_timer_create, 99, 0, 0},
	{SYS_timer_settime, -1, 0, 0},
	{SYS_timer_delete, -1, 0, 0},
	{SYS_rt_sigprocmask, 0, 0, 0},
	{SYS_gettid, 0, 0, 0},
	{SYS_prlimit64, 0, -1, 0},
	/* the worker */
	{SYS_clone, 0, 0, 0}, /* replaced below: flags that no thread can have */
	{SYS_close_range, 1, 0, 0},
	{SYS_sched_setscheduler, 0, 99, 0},
	{SYS_futex, 0, 127, 0},
	{SYS_nanosleep, 0, 0, 0},
	{SYS_sched_yield, 0, 0, 0},
	{SYS_tgkill, 0, 0, 0},
	{SYS_madvise, 0, 0, 0},
	{SYS_mremap, 1, 0, 0},
	{SYS_munlock, 0, 0, 0},
	{SYS_getrandom, 0, 0, 0},
	/* /proc and symbols */
	{SYS_open, 0, 0, 0},
	{SYS_pread64, -1, 0, 0},
	{SYS_readv, -1, 0, 0},
	{SYS_lseek, -1, 0, 0},
	{SYS_fcntl, -1, 0, 0},
	{SYS_getdents64, -1, 0, 0},
	{SYS_stat, 0, 0, 0},
	{SYS_lstat, 0, 0, 0},
	{SYS_uname, 0, 0, 0},
	/* delivery */
	{SYS_poll, 0, 0, 0},
	{SYS_pipe2, 0, -1, 0},
	{SYS_socket, -1, 0, 0},
	{SYS_connect, -1, 0, 0},
	{SYS_setsockopt, -1, 0, 0},
	{SYS_getsockopt, -1, 0, 0},
	{SYS_getsockname, -1, 0, 0},
	{SYS_getpeername, -1, 0, 0},
	{SYS_sendto, -1, 0, 0},
	{SYS_recvfrom, -1, 0, 0},
	{SYS_writev, -1, 0, 0},
	{SYS_rename, 0, 0, 0},
	{SYS_unlink, 0, 0, 0},
	{SYS_mkdir, 0, 0, 0},
	{SYS_flock, -1, 0, 0},
};

enum {
	CALL_COUNT = sizeof(calls) / sizeof(calls[0]),
	CLONE_NOTHING = 0x10000 /* CLONE_THREAD */
};

/* In the child. A core of it would be the program's memory. */
static void make_calls(void)
{
	arch_syscall(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	for (size_t i = 0; i < CALL_COUNT; i++)
		arch_syscall(calls[i].number,
			     calls[i].number == SYS_clone ? CLONE_NOTHING : calls[i].first,
			     calls[i].second, calls[i].third, 0, 0);
	for (;;)
		arch_syscall(SYS_exit_group, 0, 0, 0, 0, 0);
}

/* All signals blocked, so that no handler of the program runs in a child that it knows nothing of;
 * a filter that wants one for SIGSYS kills then. */
static long make_child(void)
{
	uint64_t all = UINT64_MAX, before = 0;
	arch_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, 8, 0);
	long child = arch_syscall(SYS_clone, 0, 0, 0, 0, 0);
	if (child == 0)
		make_calls();
	arch_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, 8, 0);
	return child;
}

/* Its end sends no signal, and only __WCLONE waits for it: a wait of the program never sees it. */
bool filter_lets_pass(void)
{
	int status = -1;
	long child = make_child();
	if (child < 0)
		return false;
	long waited;
	do
		waited = arch_syscall(SYS_wait4, child, (long)&status, __WCLONE, 0, 0);
	while (waited == -EINTR);
	return waited == child && status == 0;
}

bool filter_is_there(void)
{
	long mode = arch_syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
	return mode != SECCOMP_MODE_DISABLED && mode != -EINVAL;
}

static bool begins_with(const char *text, const char *start)
{
	while (*start && *text == *start)
		text++, start++;
	return !*start;
}

/* Whoever begins a container's first process gives it the filter that all others inherit. */
static bool is_as_in_first_process(void)
{
	static const char *const keys[] = {"\nSeccomp:", "\nSeccomp_filters:"};
	for (int i = 0; i < 2; i++) {
		uint64_t of_first, own;
		if (!procfile_number("/proc/1/status", keys[i], 10, &of_first) ||
		    !procfile_number("/proc/self/status", keys[i], 10, &own) || of_first != own)
			return false;
	}
	return true;
}

static bool is_in_container(char **environment)
{
	static const char *const names[] = {"container=", "KUBERNETES_SERVICE_HOST="};
	static const char *const files[] = {"/.dockerenv", "/run/.containerenv"};
	for (int i = 0; i < 2; i++)
		if (!arch_syscall(SYS_access, (long)files[i], 0, 0, 0, 0))
			return true;
	for (; environment && *environment; environment++)
		for (int i = 0; i < 2; i++)
			if (begins_with(*environment, names[i]))
				return true;
	return false;
}

bool filter_is_of_container(char **environment)
{
	return is_in_container(environment) && is_as_in_first_process();
}
