/* SPDX-License-Identifier: Apache-2.0 */
/* scheduling_is_kept.c -- policy, priority, niceness and processors of each thread are as it set
 * them.
 *
 * The documented thread of the library is to share none of it but the processors: it runs at
 * ordinary priority where the program runs in real time.
 *
 * harm: threads
 * level: P0
 * naive: thread
 * needs: root
 */
#include "again.h"
#include "tasks.h"
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static void by_nothing(void)
{
}

static void by_nice(void)
{
	setpriority(PRIO_PROCESS, 0, 7);
}

static void by_policy(int policy, int priority)
{
	struct sched_param param = {.sched_priority = priority};
	if (sched_setscheduler(0, policy, &param))
		printf("refused\n");
}

static void by_real_time(void)
{
	by_policy(SCHED_FIFO, 10);
}

static void by_round_robin_for_itself(void)
{
	by_policy(SCHED_RR | SCHED_RESET_ON_FORK, 20);
}

static void by_batch(void)
{
	by_policy(SCHED_BATCH, 0);
}

static void by_idle(void)
{
	by_policy(SCHED_IDLE, 0);
}

static void by_processor(void)
{
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof one, &one);
}

static void by_slack(void)
{
	prctl(PR_SET_TIMERSLACK, 123456, 0, 0, 0);
}

static const struct {
	const char *name;
	void (*set)(void);
} ways[] = {
	{"nothing", by_nothing},     {"nice", by_nice},
	{"real time", by_real_time}, {"round robin", by_round_robin_for_itself},
	{"batch", by_batch},	     {"idle", by_idle},
	{"processor", by_processor}, {"timer slack", by_slack},
};

static void print_task(const char *who, pid_t tid)
{
	struct sched_param param = {0};
	cpu_set_t processors;
	int policy = sched_getscheduler(tid);
	sched_getparam(tid, &param);
	sched_getaffinity(tid, sizeof processors, &processors);
	printf("  %s: policy %x, priority %d, nice %d, all processors %d, slack %d\n", who,
	       (unsigned)policy, param.sched_priority, getpriority(PRIO_PROCESS, (id_t)tid),
	       CPU_COUNT(&processors) == sysconf(_SC_NPROCESSORS_ONLN),
	       tid == gettid() ? prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0) : 0);
}

/* Which of the library may be there, in order; others are counted. */
static void print_tasks(void)
{
	usleep(50000); /* one that was made just now has its name when it has run */
	pid_t tasks[MOST_TASKS];
	int found = list_tasks(tasks, MOST_TASKS), others = 0, in_order = found <= MOST_TASKS;
	for (int i = 0; i < found && i < MOST_TASKS; i++) {
		int policy = sched_getscheduler(tasks[i]);
		if (!is_of_library(tasks[i]))
			others++;
		else
			in_order &= policy == SCHED_OTHER || policy == SCHED_BATCH ||
				    policy == SCHED_IDLE;
	}
	printf("  tasks: %d, in order %d\n", others, in_order);
}

static void *compute(void *who)
{
	burn(0.03);
	print_task(who, gettid());
	return NULL;
}

static void *set_and_compute(void *way)
{
	((void (*)(void))way)();
	return compute("thread that sets");
}

static void live(int way, double before)
{
	pthread_t thread;
	printf("%s after %g s\n", ways[way].name, before);
	burn(before);
	pthread_create(&thread, NULL, set_and_compute, (void *)ways[way].set);
	pthread_join(thread, NULL);
	ways[way].set();
	print_task("main", gettid());
	burn(0.13);
	pthread_create(&thread, NULL, compute, "thread of one that has set");
	pthread_join(thread, NULL);
	print_task("main", gettid());
	print_tasks();
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		live(atoi(argv[1]) / 2, atoi(argv[1]) % 2 ? 0.12 : 0);
		return 0;
	}
	for (int i = 0; i < 2 * (int)(sizeof ways / sizeof *ways); i++)
		run_case(i, ways[i / 2].name);
	return 0;
}
