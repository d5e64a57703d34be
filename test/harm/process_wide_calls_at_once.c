/* SPDX-License-Identifier: Apache-2.0 */
/* process_wide_calls_at_once.c -- calls about signals, memory and privileges hang no other thread.
 *
 * harm: threads
 * level: P0
 * bound: 5.0
 */
#include "again.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static void hear(int signal)
{
	(void)signal;
}

static void change_dispositions(int lap)
{
	struct sigaction action = {.sa_handler = lap % 3 ? hear : SIG_DFL}, before;
	sigaction(lap % 2 ? SIGURG : SIGWINCH, &action, &before);
}

static void change_masks(int lap)
{
	sigset_t set;
	sigfillset(&set);
	pthread_sigmask(lap % 2 ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void lock_and_unlock(int lap)
{
	if (lap % 50 == 0)
		mlockall(MCL_CURRENT);
	if (lap % 50 == 1)
		munlockall();
}

static void ask_for_namespaces(int lap)
{
	if (lap % 20 == 0)
		unshare(CLONE_NEWUSER);
	if (lap % 20 == 1)
		setns(-1, 0);
}

static void begin_children(int lap)
{
	if (lap % 20)
		return;
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	int status = wait_at_most(child, 20);
	if (status)
		print_ending("child", status);
}

static void begin_threads(int lap)
{
	pthread_t thread;
	if (lap % 10 == 0 && !pthread_create(&thread, NULL, (void *(*)(void *))getppid, NULL))
		pthread_join(thread, NULL);
}

static void give_up_privileges(int lap)
{
	if (lap % 40 == 0)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	else
		syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

static void (*const calls[])(int) = {change_dispositions, change_masks,	  lock_and_unlock,
				     ask_for_namespaces,  begin_children, begin_threads,
				     give_up_privileges};
enum { CALLS = sizeof calls / sizeof *calls };

static void *call(void *which)
{
	double end = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) + 0.1;
	for (int lap = 0; cpu_seconds(CLOCK_THREAD_CPUTIME_ID) < end; lap++) {
		(*(void (*const *)(int))which)(lap);
		burn(0.0005);
	}
	return NULL;
}

/* Without the last in the first round, because it may end all that there is to disturb. */
static void call_at_once(int count)
{
	pthread_t threads[CALLS];
	for (int i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, call, (void *)&calls[i]);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	printf("%d at once came to an end\n", count);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		call_at_once(CALLS - 1);
		call_at_once(CALLS);
		return 0;
	}
	for (int i = 0; i < 2; i++)
		run_case(i, "ended");
	return 0;
}
