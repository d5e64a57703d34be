/* SPDX-License-Identifier: Apache-2.0 */
/* ways_to_end.c -- however a process ends, it ends with its own status and without delay.
 *
 * Each child lives long enough to have something to upload.
 *
 * harm: life
 * level: P0
 * naive: slowexit
 */
#include "life.h"
#include <pthread.h>
#include <sys/resource.h>

static void *exit_from_thread(void *unused)
{
	exit(15);
	return unused;
}

static void *outlive_main(void *unused)
{
	burn(0.05);
	return unused;
}

static volatile int *volatile nowhere;

static int end(int way)
{
	pthread_t thread;
	burn(0.12);
	switch (way) {
	case 1:
		exit(11);
	case 2:
		quick_exit(12);
	case 3:
		_exit(13);
	case 4:
		abort();
	case 5:
		pthread_create(&thread, NULL, exit_from_thread, NULL);
		pause();
		break;
	case 6:
		pthread_create(&thread, NULL, outlive_main, NULL);
		pthread_exit(NULL);
	case 7:
		raise(SIGTERM);
		break;
	case 8:
		raise(SIGKILL);
		break;
	case 9:
		*nowhere = 1;
		break;
	default:
		break;
	}
	return 10;
}

static const char *const names[] = {"return",  "exit",		 "quick_exit",	 "_exit",
				    "abort",   "exit in thread", "pthread_exit", "SIGTERM",
				    "SIGKILL", "crash"};

int main(void)
{
	struct rlimit no_core = {0, 0};
	setrlimit(RLIMIT_CORE, &no_core);
	for (int way = 0; way < (int)(sizeof names / sizeof *names); way++) {
		fflush(stdout);
		pid_t child = fork();
		if (child == 0)
			return end(way);
		print_ending(names[way], wait_at_most(child, 20));
	}
	return 0;
}
