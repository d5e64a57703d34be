/* SPDX-License-Identifier: Apache-2.0 */
/* main_thread_leaves_first.c -- main calls pthread_exit; the process ends with its last thread.
 *
 * Before and after the worker is born, with a last thread that uses CPU time or sleeps, and that
 * says at exit what is to be said.
 *
 * harm: threads
 * level: P0
 * naive: thread
 */
#include "life.h"
#include "anew.h"
#include <pthread.h>

static double main_burns, last_burns;

static void say_farewell(void)
{
	printf("at exit\n");
}

static void *be_last(void *unused)
{
	burn(last_burns);
	usleep(50000);
	atexit(say_farewell);
	return unused;
}

static void leave_first(int last_detached)
{
	pthread_t thread;
	pthread_create(&thread, NULL, be_last, NULL);
	if (last_detached)
		pthread_detach(thread);
	burn(main_burns);
	pthread_exit(NULL);
}

/* Only the status tells main's end from the thread's. */
static void *leave_last(void *unused)
{
	burn(0.15);
	exit(5);
	return unused;
}

static void end_by_thread(int unused)
{
	pthread_t thread;
	(void)unused;
	atexit(say_farewell);
	pthread_create(&thread, NULL, leave_last, NULL);
	pthread_exit(NULL);
}

static void leave_alone(int unused)
{
	(void)unused;
	atexit(say_farewell);
	burn(main_burns);
	pthread_exit(NULL);
}

static const struct {
	const char *name;
	void (*live)(int);
	int argument;
	double main_burns, last_burns;
} ways[] = {
	{"at once, thread sleeps", leave_first, 0, 0, 0},
	{"at once, thread burns", leave_first, 0, 0, 0.15},
	{"late, thread sleeps", leave_first, 0, 0.15, 0},
	{"late, thread burns", leave_first, 1, 0.15, 0.15},
	{"alone at once", leave_alone, 0, 0, 0},
	{"alone late", leave_alone, 0, 0.15, 0},
	{"thread exits", end_by_thread, 0, 0, 0},
};

int main(int argc, char **argv)
{
	if (argc > 1) {
		int i = atoi(argv[1]);
		main_burns = ways[i].main_burns;
		last_burns = ways[i].last_burns;
		ways[i].live(ways[i].argument);
	}
	for (int i = 0; i < (int)(sizeof ways / sizeof *ways); i++)
		run_case(i, ways[i].name);
	return 0;
}
