/* SPDX-License-Identifier: Apache-2.0 */
/* arguments_are_overwritten.c -- a title is written over argv and environment, and memory reused.
 *
 * harm: life
 * level: P0
 * naive: environ
 */
#include "life.h"
#include <sys/prctl.h>

extern char **environ;

static char *end_of_strings(char **argv)
{
	char *end = argv[0];
	for (char **string = argv; *string; string++)
		if (*string == end)
			end += strlen(*string) + 1;
	for (char **string = environ; *string; string++)
		if (*string == end)
			end += strlen(*string) + 1;
	return end;
}

/* From here on the environment is what the program puts there, and the old strings are a title. */
static void set_title(char **argv)
{
	static char *new_environment[] = {(char *)"PATH=/nowhere", (char *)"CONPROF_URL=%s%n",
					  NULL};
	char *begin = argv[0];
	size_t size = (size_t)(end_of_strings(argv) - begin);
	environ = new_environment;
	memset(begin, 'x', size - 1);
	begin[size - 1] = 0;
	argv[0] = NULL;
}

static int first_of(const char *path)
{
	FILE *file = fopen(path, "r");
	int first = fgetc(file);
	fclose(file);
	return first;
}

/* What the kernel laid out is still what the program is given. */
static int environment_is_as_laid_out(void)
{
	char text[65536];
	FILE *file = fopen("/proc/self/environ", "r");
	size_t length = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[length] = 0;
	size_t at = 0;
	char **string = environ;
	while (at < length && *string && strcmp(text + at, *string) == 0)
		at += strlen(*string++) + 1;
	return at == length && !*string;
}

int main(int argc, char **argv)
{
	(void)argc;
	printf("environment as laid out: %d\n", environment_is_as_laid_out());
	burn(0.05);
	set_title(argv);
	prctl(PR_SET_NAME, "worker: \xff\xfe");
	burn(0.12);
	printf("title: %c\n", first_of("/proc/self/cmdline"));
	for (char **string = environ; *string; string++)
		printf("environment: %s\n", *string);
	clearenv();
	burn(0.05);
	setenv("TITLE", "later", 1);
	printf("later: %s, %d\n", getenv("TITLE"), environ[1] == NULL);
	return 0;
}
