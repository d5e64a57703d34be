/* SPDX-License-Identifier: Apache-2.0 */
/* processes_are_counted.c -- a user who may have so many threads can have them all.
 *
 * harm: threads
 * level: P0
 * naive: thread
 * needs: root
 */
#include "again.h"
#include "fresh_user.h"
#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>

static void become_nobody_else(unsigned threads)
{
	struct rlimit limit = {threads, threads};
	become_fresh_user();
	expect(!setrlimit(RLIMIT_NPROC, &limit), "limit");
}

static void *wait_a_little(void *unused)
{
	usleep(20000);
	return unused;
}

static void create_threads(int count)
{
	pthread_t threads[4];
	int made = 0, error = 0;
	while (made < count && !(error = pthread_create(&threads[made], NULL, wait_a_little, NULL)))
		made++;
	printf("threads: %d of %d, %s\n", made, count, strerrorname_np(error));
	while (made)
		pthread_join(threads[--made], NULL);
}

static void make_child(void)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		_exit(7);
	if (child == -1)
		printf("fork: %s\n", strerrorname_np(errno));
	else
		print_ending("child", wait_at_most(child, CASE_SECONDS));
}

static void none_more(void)
{
	become_nobody_else(1);
	burn(0.4);
	create_threads(1);
	make_child();
}

static void exactly_three_more(void)
{
	become_nobody_else(4);
	burn(0.3);
	create_threads(4);
	burn(0.1);
	create_threads(4);
}

static void exactly_one_child(void)
{
	become_nobody_else(2);
	burn(0.3);
	make_child();
	burn(0.1);
	make_child();
}

/* A profiler that is there already counts from now on. */
static void limited_later(void)
{
	burn(0.2);
	become_nobody_else(2);
	create_threads(1);
	burn(0.2);
	create_threads(2);
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {{"none more", none_more},
						{"exactly three more", exactly_three_more},
						{"exactly one child", exactly_one_child},
						{"limited later", limited_later}};
	return RUN_CASES(argc, argv, cases);
}
