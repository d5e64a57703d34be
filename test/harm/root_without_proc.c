/* SPDX-License-Identifier: Apache-2.0 */
/* root_without_proc.c -- chroot into an empty directory, before the profiler begins and after.
 *
 * harm: life
 * level: P0
 * needs: root
 */
#include "life.h"
#include <pthread.h>
#include <sys/stat.h>

static void *work(void *unused)
{
	burn(0.05);
	return unused;
}

static void live(double before)
{
	pthread_t thread;
	burn(before);
	if (chroot("empty") || chdir("/"))
		_exit(1);
	burn(0.12);
	printf("thread %d\n", pthread_create(&thread, NULL, work, NULL));
	pthread_join(thread, NULL);
	FILE *file = fopen("/written", "w");
	printf("written %d\n", file != NULL);
	exit(access("/proc", F_OK) == 0);
}

int main(void)
{
	static const double before[] = {0, 0.05, 0.12};
	mkdir("empty", 0755);
	for (int i = 0; i < 3; i++) {
		fflush(stdout);
		pid_t child = fork();
		if (child == 0)
			live(before[i]);
		print_ending("in its own root", wait_at_most(child, 20));
	}
	return 0;
}
