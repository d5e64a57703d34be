/* SPDX-License-Identifier: Apache-2.0 */
/* privileges_go_for_all_threads.c -- what main gives up, no thread of the process has much longer.
 *
 * setuid and its like change all threads that libc knows of; prctl and capset only the caller, and
 * the program believes itself to be alone.
 *
 * harm: life
 * level: P0
 * naive: thread
 * needs: root
 */
#include "life.h"
#include "tasks.h"
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { NOBODY = 65534 };

static void drop_to_nobody(void)
{
	setgroups(0, NULL);
	setresgid(NOBODY, NOBODY, NOBODY);
	setresuid(NOBODY, NOBODY, NOBODY);
}

static void by_setuid(void)
{
	if (setuid(NOBODY))
		printf("setuid refused\n");
}

static void for_a_while(void)
{
	if (seteuid(NOBODY))
		printf("seteuid refused\n");
}

static void by_system_call(void)
{
	syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY);
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};
	syscall(SYS_capset, &header, none);
}

static void bound_capabilities(void)
{
	for (int i = 0; i < 41; i++)
		prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
}

static void give_up_new_privileges(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void hide(void)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	drop_to_nobody();
}

static const struct {
	const char *name;
	void (*give_up)(void);
} ways[] = {{"setres*id", drop_to_nobody},
	    {"setuid", by_setuid},
	    {"seteuid", for_a_while},
	    {"system call", by_system_call},
	    {"capset", drop_capabilities},
	    {"bounding set", bound_capabilities},
	    {"no new privileges", give_up_new_privileges},
	    {"not dumpable", hide}};

static void live(int way)
{
	burn(0.12);
	ways[way].give_up();
	int same = tasks_become_as_main();
	burn(0.05);
	printf("%s: all as main %d, later %d\n", ways[way].name, same, tasks_are_as_main());
}

/* Each way begins anew, so that also what lives from the start of a program is seen. */
int main(int argc, char **argv)
{
	if (argc > 1) {
		live(atoi(argv[1]));
		return 0;
	}
	for (int way = 0; way < (int)(sizeof ways / sizeof *ways); way++) {
		int status = wait_at_most(begin_again_with(way), 20);
		if (status)
			print_ending(ways[way].name, status);
	}
	return 0;
}
