/* SPDX-License-Identifier: Apache-2.0 */
/* exec_that_fails_and_exec.c -- a busy program looks along a path, fails to exec, execs itself.
 *
 * Until it has become itself many times: what was on its way to the old image hits the new one.
 *
 * harm: life
 * level: P0
 * naive: tgkill
 */
#include "life.h"
#include <errno.h>
#include <fcntl.h>

enum { TIMES = 120 };

static void look_along_a_path(void)
{
	char path[1024] = "";
	for (int i = 0; i < 30; i++)
		strcat(path, "/nowhere/at/all:");
	setenv("PATH", path, 1);
	char *const arguments[] = {(char *)"program", NULL};
	for (int i = 0; i < 5; i++) {
		burn(0.03);
		execvp("program", arguments);
		printf("not found: %s\n", strerrorname_np(errno));
	}
	close(open("program", O_CREAT | O_WRONLY, 0600));
	execv("./program", arguments);
	printf("not executable: %s\n", strerrorname_np(errno));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int times = argc > 1 ? atoi(argv[1]) : 0;
	char number[16];
	if (times == 0)
		look_along_a_path();
	if (times == TIMES) {
		printf("became itself %d times\n", times);
		return 7;
	}
	snprintf(number, sizeof number, "%d", times + 1);
	burn(times % 10 ? 0.001 : 0.02);
	execl("/proc/self/exe", argv[0], number, NULL);
	return 1;
}
