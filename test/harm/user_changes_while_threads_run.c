/* SPDX-License-Identifier: Apache-2.0 */
/* user_changes_while_threads_run.c -- setuid reaches all threads, and comes to an end.
 *
 * The C library sends a signal of its own to each thread that it knows of, and waits for all.
 *
 * harm: threads
 * level: P0
 * naive: rawmask
 * needs: root
 */
#include "again.h"
#include <grp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>

enum { NOBODY = 65534, THREADS = 4 };

static pthread_barrier_t changed, looked;
static atomic_int ended;

/* By system calls, which speak of the calling thread alone. */
static void *compute_and_look(void *uids)
{
	while (!atomic_load(&ended))
		burn(0.01);
	pthread_barrier_wait(&changed);
	*(long *)uids = syscall(SYS_geteuid) * 100000 + syscall(SYS_getegid);
	pthread_barrier_wait(&looked);
	return NULL;
}

static int drop(void)
{
	return setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY);
}

/* For a while and back, many times. */
static int change_again_and_again(void)
{
	int failed = 0;
	for (int i = 0; i < 100; i++)
		failed |= seteuid(i % 2 ? 0 : NOBODY);
	return failed || setresgid(1, 2, 3) || setresuid(4, 5, 6);
}

static void live(int (*change)(void), double before)
{
	pthread_t threads[THREADS];
	long uids[THREADS];
	int same = 0;
	pthread_barrier_init(&changed, NULL, THREADS + 1);
	pthread_barrier_init(&looked, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, compute_and_look, &uids[i]);
	burn(before);
	printf("failed: %d\n", change());
	burn(0.02);
	atomic_store(&ended, 1);
	pthread_barrier_wait(&changed);
	pthread_barrier_wait(&looked);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		same += uids[i] == (long)geteuid() * 100000 + (long)getegid();
	}
	printf("threads as main: %d of %d, %ld\n", same, THREADS, uids[0]);
	printf("back to root: %d\n", seteuid(0));
}

int main(int argc, char **argv)
{
	static const double before[] = {0, 0.05, 0.12};
	if (argc > 1) {
		live(atoi(argv[1]) / 3 ? change_again_and_again : drop, before[atoi(argv[1]) % 3]);
		return 0;
	}
	for (int i = 0; i < 6; i++)
		run_case(i, i / 3 ? "again and again" : "for ever");
	return 0;
}
