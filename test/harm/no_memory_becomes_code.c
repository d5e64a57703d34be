/* SPDX-License-Identifier: Apache-2.0 */
/* no_memory_becomes_code.c -- the only code is that of the program, its libraries and the library.
 *
 * Also where the kernel refuses to make memory executable that was not.
 *
 * harm: life
 * level: P0
 * naive: cpu+backtrace
 */
#include "life.h"
#include <sys/prctl.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void list_code(const char *when)
{
	char line[4096], last[256] = "";
	const char *library = base_name(getenv("HARM_LIBRARY") ? getenv("HARM_LIBRARY") : "none");
	FILE *maps = fopen("/proc/self/maps", "r");
	printf("%s:\n", when);
	while (fgets(line, sizeof line, maps)) {
		char access[8], path[2048] = "memory";
		if (sscanf(line, "%*s %7s %*s %*s %*s %2047s", access, path) < 1)
			continue;
		const char *name = base_name(path);
		if (access[2] == 'x' && access[1] == 'w')
			printf("  writable and executable: %s\n", name);
		if (access[2] == 'x' && strcmp(name, library) != 0 && strcmp(name, last) != 0)
			printf("  code: %s\n", name);
		if (access[2] == 'x')
			snprintf(last, sizeof last, "%.255s", name);
	}
	fclose(maps);
}

int main(int argc, char **argv)
{
	if (argc == 1) {
		int refused = prctl(PR_SET_MDWE, 1, 0, 0, 0);
		printf("kernel can refuse: %d\n", !refused);
		fflush(stdout);
		execl("/proc/self/exe", argv[0], "again", NULL);
	}
	list_code("at the start");
	burn(0.25);
	list_code("later");
	return 0;
}
