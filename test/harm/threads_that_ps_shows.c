/* SPDX-License-Identifier: Apache-2.0 */
/* threads_that_ps_shows.c -- those of the program, by their names; one more is documented.
 *
 * harm: threads
 * level: P1
 * naive: thread
 * needs: ps
 */
#include "life.h"
#include <pthread.h>

static void show(const char *when)
{
	char command[64], line[64];
	snprintf(command, sizeof command, "ps -T -o comm= -p %d", getpid());
	FILE *ps = popen(command, "r");
	while (ps && fgets(line, sizeof line, ps))
		if (strcmp(line, "conprof\n") != 0)
			printf("%s: %s", when, line);
	printf("%s: %d\n", when, pclose(ps));
}

static void *work(void *unused)
{
	pthread_setname_np(pthread_self(), "a worker");
	burn(0.1);
	show("with a thread");
	return unused;
}

int main(void)
{
	pthread_t thread;
	show("at first");
	burn(0.2);
	show("later");
	pthread_create(&thread, NULL, work, NULL);
	return pthread_join(thread, NULL);
}
