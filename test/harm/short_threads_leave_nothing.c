/* SPDX-License-Identifier: Apache-2.0 */
/* short_threads_leave_nothing.c -- after twelve thousand of them there are as many timers, queued
 * signals, threads and mappings as before.
 *
 * harm: threads
 * level: P0
 * naive: leak
 * needs: root
 */
#include "fresh_user.h"
#include "status.h"
#include <pthread.h>
#include <sys/resource.h>

enum { ROUNDS = 600, AT_ONCE = 20, MOST_MAPPINGS_MORE = 24, MOST_KB_MORE = 8192 };

static void *live_briefly(void *argument)
{
	for (volatile int i = 0; i < 2000; i++)
		;
	return argument;
}

static int count_lines(const char *path, const char *beginning)
{
	char line[512];
	int count = 0;
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof line, file))
		count += strncmp(line, beginning, strlen(beginning)) == 0;
	if (file)
		fclose(file);
	return count;
}

static int live_round(void)
{
	pthread_t threads[AT_ONCE];
	int right = 0;
	void *result;
	for (size_t i = 0; i < AT_ONCE; i++)
		pthread_create(&threads[i], NULL, live_briefly, (void *)i);
	for (size_t i = 0; i < AT_ONCE; i++)
		right += pthread_join(threads[i], &result) == 0 && result == (void *)i;
	return right;
}

/* The first round is what any later one leaves for the next to use. */
int main(void)
{
	become_fresh_user();
	burn(0.2);
	int right = live_round();
	int timers = count_lines("/proc/self/timers", "ID:");
	int mappings = count_lines("/proc/self/maps", "");
	long queued = status_value("SigQ:"), memory = status_value("VmRSS:");
	for (int i = 1; i < ROUNDS; i++)
		right += live_round();
	usleep(20000);
	printf("%d threads\n", right);
	printf("timers more: %d\n", count_lines("/proc/self/timers", "ID:") - timers);
	printf("signals queued more: %ld\n", status_value("SigQ:") - queued);
	printf("mappings as before: %d\n",
	       count_lines("/proc/self/maps", "") - mappings < MOST_MAPPINGS_MORE);
	printf("memory as before: %d\n", status_value("VmRSS:") - memory < MOST_KB_MORE);
	return 0;
}
