/* SPDX-License-Identifier: Apache-2.0 */
/* next_processes_are_of_another_namespace.c -- after unshare(CLONE_NEWPID) no thread can be made,
 * and the program works on.
 *
 * harm: threads
 * level: P0
 * naive: cpu
 * needs: root
 */
#include "again.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>

static void *do_nothing(void *unused)
{
	return unused;
}

static void count_prof(int signal)
{
	(void)signal;
}

static void show_threads(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, do_nothing, NULL);
	printf("thread: %s\n", strerrorname_np(error));
	if (!error)
		pthread_join(thread, NULL);
	struct sigaction before;
	struct sigaction mine = {.sa_handler = count_prof};
	sigaction(SIGPROF, &mine, &before);
	printf("disposition of SIGPROF is %s\n",
	       before.sa_handler == SIG_DFL ? "the default" : "not the default");
	fflush(stdout);
}

static void leave(double seconds)
{
	burn(seconds);
	printf("unshare: %d\n", unshare(CLONE_NEWPID));
	burn(0.5);
	show_threads();
}

static void leave_at_once(void)
{
	leave(0);
}

static void leave_later(void)
{
	leave(0.2);
}

/* What is executed then never was where threads can be made. */
static void execute(void)
{
	printf("unshare: %d\n", unshare(CLONE_NEWPID));
	fflush(stdout);
	char path[4096];
	snprintf(path, sizeof path, "%s/burns", getenv("HARM_BIN"));
	execl(path, path, "0.5", NULL);
}

static void execute_itself(void)
{
	if (getenv("AGAIN")) {
		burn(0.4);
		show_threads();
		return;
	}
	printf("unshare: %d\n", unshare(CLONE_NEWPID));
	fflush(stdout);
	setenv("AGAIN", "1", 1);
	execl("/proc/self/exe", "again", "3", NULL);
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {{"at once", leave_at_once},
						{"later", leave_later},
						{"execute", execute},
						{"execute itself", execute_itself}};
	return RUN_CASES(argc, argv, cases);
}
