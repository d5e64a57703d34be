/* SPDX-License-Identifier: Apache-2.0 */
/* no_room_for_another_thread.c -- where no thread can be made, nothing is said, tried for ever, or
 * lost.
 *
 * After unshare(CLONE_NEWPID) a process can make no thread, and one child, which is init to the
 * others; when that has ended, no more children. RLIMIT_NPROC counts the threads of a user.
 *
 * harm: threads
 * level: P0
 * needs: root
 */
#include "again.h"
#include "fresh_user.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

static void *nothing(void *unused)
{
	return unused;
}

static void print_whether_threads(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, nothing, NULL);
	if (!error)
		pthread_join(thread, NULL);
	printf("thread: %s\n", error ? strerror(error) : "made");
}

static void print_whether_children(void)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		burn(0.12);
		_exit(6);
	}
	if (child < 0)
		printf("fork: %s\n", strerror(errno));
	else
		print_ending("fork", wait_at_most(child, 20));
}

static void leave_for_new_pids(double before)
{
	burn(before);
	printf("unshare: %s\n", unshare(CLONE_NEWPID) ? strerror(errno) : "done");
	burn(0.15);
	print_whether_threads();
	print_whether_children();
	print_whether_children();
}

static void burn_in_new_pids(double before)
{
	leave_for_new_pids(before);
	fflush(stdout);
	execl("/proc/self/exe", "case", "100", NULL);
	_exit(1);
}

static void become_limited(rlim_t most)
{
	struct rlimit limit = {most, most};
	setrlimit(RLIMIT_NPROC, &limit);
	become_fresh_user();
}

static void be_one_of_one(double before)
{
	burn(before);
	become_limited(1);
	burn(0.15);
	print_whether_threads();
	print_whether_children();
	execl("/proc/self/exe", "case", "100", NULL);
	_exit(1);
}

static const struct {
	const char *name;
	void (*live)(double before);
} ways[] = {{"new pids", leave_for_new_pids},
	    {"new pids, then exec", burn_in_new_pids},
	    {"one of one", be_one_of_one}};

int main(int argc, char **argv)
{
	static const double before[] = {0, 0.05, 0.12};
	int number = argc > 1 ? atoi(argv[1]) : -1;
	if (number == 100) {
		burn(0.2);
		print_whether_threads();
		return 5;
	}
	if (number >= 0) {
		ways[number / 3].live(before[number % 3]);
		return 0;
	}
	for (int i = 0; i < 3 * (int)(sizeof ways / sizeof *ways); i++)
		run_case(i, ways[i / 3].name);
	return 0;
}
