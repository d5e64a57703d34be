/* SPDX-License-Identifier: Apache-2.0 */
/* thread_names_of_any_bytes.c -- names that are no text, and variables with line ends, stay what
 * they are.
 *
 * harm: data
 * level: P0
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "burn.h"

static const char *const names[] = {"\xff\xfe\xfd",
				    "a\r\nX-B: c",
				    "\"quoted\"",
				    "\xc3",
				    "\xed\xa0\x80",
				    "tab\there%s%n",
				    "\x01\x02\x7f",
				    "\xf4\x90\x80\x80",
				    "a,b=c,d:e",
				    " ",
				    "",
				    "\\u0000\\"};

enum { NAMES = sizeof names / sizeof names[0] };

static void *work(void *argument)
{
	size_t i = (size_t)argument;
	char found[16];
	pthread_setname_np(pthread_self(), names[i]);
	burn(0.1);
	pthread_getname_np(pthread_self(), found, sizeof found);
	return strcmp(found, names[i]) ? argument : NULL;
}

static int work_in_threads(void)
{
	pthread_t threads[NAMES];
	int changed = 0;
	for (size_t i = 0; i < NAMES; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	for (size_t i = 0; i < NAMES; i++) {
		void *fault;
		pthread_join(threads[i], &fault);
		changed += fault != NULL;
	}
	printf("%d names changed\n", changed);
	return 0;
}

/* What an agent must never get as it is: it would end a header or a line. */
static void set_variables(void)
{
	static const char *const set[] = {"CONPROF_SERVICE", "CONPROF_LABELS", "PLATFORM_PROJECT",
					  "OTEL_SERVICE_NAME", "PLATFORM_APPLICATION_NAME"};
	for (size_t i = 0; i < sizeof set / sizeof set[0]; i++)
		setenv(set[i], "key=a\r\nHost: evil\r\n\r\nPOST / HTTP/1.1\"\\\xff\xfe\x01", 1);
	setenv("CONPROF_SERVER_ID", "user\r\nX-Evil: 1", 1);
	setenv("CONPROF_SERVER_TOKEN", "token\r\n\r\n", 1);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return work_in_threads();
	set_variables();
	return execv(argv[0], (char *[]){argv[0], "again", NULL});
}
