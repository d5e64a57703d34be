/* SPDX-License-Identifier: Apache-2.0 */
/* main_thread_leaves_first.c -- main calls pthread_exit; the process ends with its last thread.
 *
 * harm: threads
 * level: P0
 * naive: thread
 */
#include "again.h"
#include <pthread.h>

static void say_goodbye(void)
{
	puts("handlers run at exit");
	fflush(stdout);
}

static void *sleep_a_little(void *unused)
{
	usleep(200000);
	return unused;
}

static void *work(void *unused)
{
	burn(0.25);
	return unused;
}

static void *promise(void *unused)
{
	usleep(50000);
	atexit(say_goodbye);
	return unused;
}

static void leave(void *(*routine)(void *))
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, routine, NULL) == 0)
		pthread_detach(thread);
	pthread_exit(NULL);
}

static void leave_at_once(void)
{
	leave(sleep_a_little);
}

static void leave_after_work(void)
{
	burn(0.2);
	leave(sleep_a_little);
}

static void leave_the_work(void)
{
	leave(work);
}

static void leave_a_promise(void)
{
	burn(0.2);
	leave(promise);
}

static void leave_nobody(void)
{
	burn(0.2);
	atexit(say_goodbye);
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {{"at once", leave_at_once},
						{"after work", leave_after_work},
						{"others work", leave_the_work},
						{"exit handler of the last", leave_a_promise},
						{"alone", leave_nobody}};
	return RUN_CASES(argc, argv, cases);
}
