/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox.h -- seccomp filters that rows install: an allow-list, and one answer to some calls. */
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define SANDBOX_LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SANDBOX_IF(number, answer) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), BPF_STMT(BPF_RET | BPF_K, (answer))
#define SANDBOX_ELSE(answer) BPF_STMT(BPF_RET | BPF_K, (answer))

static inline long sandbox_bare_call(long number, long a, long b, const void *c)
{
	long result;
	register long nothing_r10 __asm__("r10") = 0;
	register long nothing_r8 __asm__("r8") = 0;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(nothing_r10), "r"(nothing_r8)
			 : "rcx", "r11", "memory");
	return result;
}

enum sandbox_way {
	SANDBOX_PRCTL,
	SANDBOX_SYSCALL,
	SANDBOX_ALL_THREADS,
	SANDBOX_BARE,
	SANDBOX_WAYS
};

/* The filter holds for the caller, or for all threads, from now on. 0 if it could be installed. */
static inline long sandbox_enter(const struct sock_fprog *program, enum sandbox_way way)
{
	switch (way) {
	case SANDBOX_PRCTL:
		return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program);
	case SANDBOX_SYSCALL:
		return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program);
	case SANDBOX_ALL_THREADS:
		return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
			       program);
	default:
		return sandbox_bare_call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, NULL) ||
		       sandbox_bare_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program);
	}
}

/* What an OpenSSH child needs, among which there is no rt_sigreturn, clone, gettid, timer_settime;
 * the rest kills. */
static const struct sock_filter sandbox_allow_list[] = {
	SANDBOX_LOAD(nr),
	SANDBOX_IF(SYS_read, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_write, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_close, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_brk, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_mmap, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_munmap, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_mremap, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_madvise, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_clock_gettime, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_getpid, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_rt_sigprocmask, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_exit, SECCOMP_RET_ALLOW),
	SANDBOX_IF(SYS_exit_group, SECCOMP_RET_ALLOW),
	SANDBOX_ELSE(SECCOMP_RET_KILL_PROCESS),
};

static inline long sandbox_lock_in(enum sandbox_way way)
{
	struct sock_fprog program = {sizeof sandbox_allow_list / sizeof *sandbox_allow_list,
				     (struct sock_filter *)sandbox_allow_list};
	return sandbox_enter(&program, way);
}
