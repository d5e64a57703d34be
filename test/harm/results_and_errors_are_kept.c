/* SPDX-License-Identifier: Apache-2.0 */
/* results_and_errors_are_kept.c -- calls about the whole process give the results that they gave.
 *
 * And leave errno alone when they succeed.
 *
 * harm: signals
 * level: P0
 * needs: root
 */
#include "again.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

enum { NOBODY = 65534 };

/* EXDEV is given back by none of them. */
#define SHOW(call)                                                                                \
	do {                                                                                      \
		errno = EXDEV;                                                                    \
		long result = (long)(call);                                                       \
		printf("  %s: %ld, %s\n", #call, result, errno == EXDEV ? "-" : strerror(errno)); \
	} while (0)

static void hear(int signal)
{
	(void)signal;
}

static void show_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL}, before;
	sigset_t set, old;
	sigfillset(&set);
	static const int signals[] = {-1, 0, SIGKILL, SIGSTOP, 32, 33, 65, SIGURG, SIGWINCH};
	for (int i = 0; i < (int)(sizeof signals / sizeof *signals); i++) {
		printf("  %d:\n", signals[i]);
		SHOW(sigaction(signals[i], &action, &before));
		SHOW(sigaction(signals[i], NULL, &before));
		SHOW(sigaction(signals[i], NULL, NULL));
		SHOW(signal(signals[i], SIG_IGN) == SIG_ERR);
		SHOW(signal(signals[i], hear) == SIG_ERR);
		SHOW(signal(signals[i], SIG_DFL) == SIG_ERR);
		SHOW(signal(signals[i], SIG_ERR) == SIG_ERR);
	}
	SHOW(sigprocmask(77, &set, NULL));
	SHOW(pthread_sigmask(77, &set, NULL));
	SHOW(sigprocmask(77, NULL, &set));
	SHOW(sigprocmask(SIG_BLOCK, &set, &old));
	SHOW(sigismember(&old, SIGURG));
	SHOW(sigprocmask(SIG_SETMASK, &set, &old));
	SHOW(sigismember(&old, SIGURG));
	SHOW(pthread_sigmask(SIG_UNBLOCK, &set, NULL));
}

static void show_process(void)
{
	struct __user_cap_header_struct header = {.version = 1};
	struct __user_cap_data_struct data[2];
	int null = open("/dev/null", O_RDONLY);
	SHOW(mlockall(0));
	SHOW(mlockall(1 << 20));
	SHOW(mlockall(MCL_CURRENT | MCL_FUTURE));
	SHOW(munlockall());
	SHOW(unshare(0));
	SHOW(unshare(1));
	SHOW(unshare(CLONE_NEWUSER | CLONE_FS | 1));
	SHOW(setns(-1, CLONE_NEWNET));
	SHOW(setns(null, CLONE_NEWNET));
	SHOW(setns(null, 0));
	SHOW(prctl(-1, 0, 0, 0, 0));
	SHOW(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
	SHOW(prctl(PR_SET_SECCOMP, 77, 1, 0, 0));
	SHOW(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0, 0, 0));
	SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	SHOW(prctl(PR_CAPBSET_DROP, 1000, 0, 0, 0));
	SHOW(prctl(PR_SET_SECUREBITS, 1ul << 20, 0, 0, 0));
	SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
	SHOW(syscall(SYS_seccomp, 77, 0, NULL));
	SHOW(syscall(SYS_unshare, 1));
	SHOW(syscall(SYS_prctl, -1, 0, 0, 0, 0));
	SHOW(syscall(100000));
	SHOW(syscall(SYS_close, -1));
	SHOW(syscall(SYS_capset, &header, data));
	close(null);
}

static void show_privileges(void)
{
	static const gid_t groups[] = {5, 6, 7};
	SHOW(setgroups(3, groups));
	SHOW(setgroups(1 << 20, groups));
	SHOW(setresgid(NOBODY, NOBODY, 0));
	SHOW(setegid(0));
	SHOW(seteuid(NOBODY));
	SHOW(setgroups(0, NULL));
	SHOW(seteuid(0));
	SHOW(setgid(NOBODY));
	SHOW(setreuid(NOBODY, NOBODY));
	SHOW(setuid(0));
	SHOW(seteuid(0));
	SHOW(setgid(0));
	SHOW(setregid(0, 0));
	SHOW(setresuid(0, 0, 0));
	SHOW(initgroups("root", 0));
	SHOW(unshare(CLONE_NEWNET));
	SHOW(prctl(PR_CAPBSET_DROP, 1, 0, 0, 0));
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){0, 0});
	SHOW(mlockall(MCL_CURRENT));
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){65536, 65536});
	SHOW(mlockall(MCL_CURRENT | MCL_FUTURE));
}

int main(int argc, char **argv)
{
	static const double before[] = {0, 0.05, 0.12};
	static void (*const shows[])(void) = {show_signals, show_process, show_privileges};
	if (argc > 1) {
		int number = atoi(argv[1]);
		burn(before[number % 3]);
		shows[number / 3]();
		burn(0.03);
		SHOW(getpid() > 0);
		return 0;
	}
	for (int i = 0; i < 9; i++)
		run_case(i, "ended");
	return 0;
}
