/* SPDX-License-Identifier: Apache-2.0 */
/* descriptors_in_proc.c -- what /proc/self/fd lists, in parent, child and after an exec.
 *
 * harm: life
 * level: P0
 * naive: fd, sock
 */
#include "life.h"
#include <dirent.h>
#include <fcntl.h>

static void list(const char *who)
{
	int seen[1024] = {0};
	char path[64], target[256];
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			seen[atoi(entry->d_name) & 1023] = 1;
	seen[dirfd(directory)] = 0;
	closedir(directory);
	printf("%s:", who);
	for (int i = 0; i < 1024; i++) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", i);
		ssize_t length = seen[i] ? readlink(path, target, sizeof target - 1) : 0;
		target[length > 0 ? length : 0] = 0;
		if (seen[i])
			printf(" %d %s,", i, i > 2 ? target : "");
	}
	printf("\n");
	fflush(stdout);
}

static void list_in_a_child(int with_exec)
{
	pid_t child = fork();
	if (child == 0) {
		burn(0.12);
		list("child");
		if (with_exec)
			execl("/proc/self/exe", "row", "executed", NULL);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		list("executed");
		burn(0.15);
		list("executed, later");
		return 0;
	}
	list("at the start");
	for (int i = 0; i < 3; i++) {
		burn(0.12);
		list("parent");
		list_in_a_child(i == 1);
	}
	return 0;
}
