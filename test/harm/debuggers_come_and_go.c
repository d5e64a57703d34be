/* SPDX-License-Identifier: Apache-2.0 */
/* debuggers_come_and_go.c -- a busy process is stopped and left by gdb, and run under strace.
 *
 * harm: life
 * level: P1
 * needs: gdb strace
 */
#include "life.h"
#include <sys/prctl.h>

static pid_t begin(char *self, const char *const *with)
{
	pid_t child = fork();
	if (child == 0) {
		const char *arguments[8] = {0};
		int count = 0;
		while (with && with[count]) {
			arguments[count] = with[count];
			count++;
		}
		arguments[count++] = self;
		arguments[count] = "work";
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
		if (with)
			execvp(arguments[0], (char *const *)arguments);
		else
			execv(self, (char *const *)arguments);
		_exit(1);
	}
	return child;
}

static void attach_and_leave(pid_t process)
{
	char command[256];
	snprintf(command, sizeof command,
		 "LD_PRELOAD= gdb -nx -batch -p %d -ex detach >gdb.out 2>&1", process);
	printf("gdb ended with %d\n", system(command));
	unlink("gdb.out");
}

int main(int argc, char **argv)
{
	(void)argv;
	char self[4096] = "";
	static const char *const strace[] = {"strace", "-f", "-o", "/dev/null", NULL};
	if (argc > 1) {
		burn(0.25);
		printf("work done\n");
		return 7;
	}
	if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
		return 1;
	pid_t process = begin(self, NULL);
	usleep(100000);
	attach_and_leave(process);
	print_ending("attached to", wait_at_most(process, 30));
	print_ending("traced", wait_at_most(begin(self, strace), 60));
	return 0;
}
