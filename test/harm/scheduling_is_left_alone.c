/* SPDX-License-Identifier: Apache-2.0 */
/* scheduling_is_left_alone.c -- policy, priority, nice, processors and slack of each thread are
 * what the program made them, and nobody else competes with its privileged ones.
 *
 * harm: threads
 * level: P0
 * naive: thread
 * needs: root
 */
#include "again.h"
#include <ctype.h>
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

enum { THREADS = 2 };

static int is_profiler(int thread)
{
	char path[64], name[32] = "";
	snprintf(path, sizeof path, "/proc/self/task/%d/comm", thread);
	FILE *file = fopen(path, "r");
	int is = file && fgets(name, sizeof name, file) && strcmp(name, "conprof\n") == 0;
	if (file)
		fclose(file);
	return is;
}

/* The documented thread is seen only where it takes what the others have a right to. */
static void show_task(int thread)
{
	struct sched_param parameter;
	cpu_set_t set;
	int policy = sched_getscheduler(thread);
	if (is_profiler(thread)) {
		if (policy == SCHED_FIFO || policy == SCHED_RR)
			printf("the profiler has policy %d\n", policy);
		return;
	}
	sched_getparam(thread, &parameter);
	sched_getaffinity(thread, sizeof set, &set);
	printf("policy %d, priority %d, nice %d, processors %d, first %d\n", policy,
	       parameter.sched_priority, getpriority(PRIO_PROCESS, (id_t)thread), CPU_COUNT(&set),
	       CPU_ISSET(0, &set) != 0);
}

static void show_tasks(const char *when)
{
	printf("%s:\n", when);
	DIR *tasks = opendir("/proc/self/task");
	for (struct dirent *entry; tasks && (entry = readdir(tasks));)
		if (isdigit((unsigned char)entry->d_name[0]))
			show_task(atoi(entry->d_name));
	closedir(tasks);
	printf("slack %d\n", prctl(PR_GET_TIMERSLACK));
}

static void *work(void *waits)
{
	burn(0.05);
	pthread_barrier_wait(waits);
	pthread_barrier_wait(waits);
	return NULL;
}

static void live(void)
{
	pthread_t threads[THREADS];
	pthread_barrier_t barrier;
	burn(0.15);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, &barrier);
	pthread_barrier_wait(&barrier);
	show_tasks("together");
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void as_it_is(void)
{
	live();
}

static void on_one_processor(void)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof set, &set);
	live();
}

static void be(int policy, int priority)
{
	struct sched_param parameter = {.sched_priority = priority};
	expect(!sched_setscheduler(0, policy, &parameter), "policy");
}

static void in_batches(void)
{
	be(SCHED_BATCH, 0);
	live();
}

static void before_all_others(void)
{
	be(SCHED_FIFO, 10);
	live();
}

static void before_all_others_later(void)
{
	burn(0.15);
	be(SCHED_RR, 5);
	live();
}

static void nicely(void)
{
	setpriority(PRIO_PROCESS, 0, 7);
	live();
}

static void with_slack(void)
{
	prctl(PR_SET_TIMERSLACK, 123456);
	live();
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {
		{"as it is", as_it_is},
		{"on one processor", on_one_processor},
		{"in batches", in_batches},
		{"before all others", before_all_others},
		{"before all others, later", before_all_others_later},
		{"nicely", nicely},
		{"with slack", with_slack}};
	return RUN_CASES(argc, argv, cases);
}
