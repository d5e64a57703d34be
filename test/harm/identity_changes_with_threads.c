/* SPDX-License-Identifier: Apache-2.0 */
/* identity_changes_with_threads.c -- setuid and its like come back at once, and then no thread is
 * what it was before.
 *
 * harm: threads
 * level: P0
 * naive: rawmask
 * needs: root
 */
#include "again.h"
#include "tasks.h"
#include <grp.h>
#include <pthread.h>

enum { NOBODY = 65534, THREADS = 3 };

static volatile int is_over;

static void *work(void *sleeps)
{
	while (!is_over)
		if (sleeps)
			usleep(5000);
		else
			burn(0.005);
	return NULL;
}

static void show(const char *what, int result)
{
	int equal = tasks_become_as_main();
	printf("%s: %d, all equal %d, user %d %d group %d %d\n", what, result, equal, getuid(),
	       geteuid(), getgid(), getegid());
}

static void change_identity(int threads)
{
	pthread_t made[THREADS];
	gid_t groups[] = {5, 6};
	for (int i = 0; i < threads; i++)
		pthread_create(&made[i], NULL, work, i ? (void *)1 : NULL);
	burn(0.25);
	show("setgroups", setgroups(2, groups));
	show("setegid", setegid(7));
	show("seteuid", seteuid(1234));
	show("back", seteuid(0));
	show("setresgid", setresgid(NOBODY, NOBODY, NOBODY));
	show("setuid", setuid(NOBODY));
	show("not back", setuid(0));
	is_over = 1;
	for (int i = 0; i < threads; i++)
		pthread_join(made[i], NULL);
	burn(0.05);
	show("alone again", 0);
}

static void alone(void)
{
	change_identity(0);
}

static void with_threads(void)
{
	change_identity(THREADS);
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {{"alone", alone}, {"with threads", with_threads}};
	return RUN_CASES(argc, argv, cases);
}
