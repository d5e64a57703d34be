/* SPDX-License-Identifier: Apache-2.0 */
/* status.h -- what the kernel says of a process, or of one of its threads, in its status. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The lines that begin with one of the names, in the kernel's order; none when nobody is there. */
static inline void status_lines(const char *path, const char *const *names, int count, char *lines,
				size_t size)
{
	char line[512];
	FILE *status = fopen(path, "r");
	lines[0] = 0;
	while (status && fgets(line, sizeof line, status))
		for (int i = 0; i < count; i++)
			if (!strncmp(line, names[i], strlen(names[i])))
				strncat(lines, line, size - strlen(lines) - 1);
	if (status)
		fclose(status);
}

/* What this process has behind a name, such as "VmLck:"; nothing if there is no such line. */
static inline void status_text(const char *name, char *text, size_t size)
{
	const char *const names[] = {name};
	status_lines("/proc/self/status", names, 1, text, size);
	if (text[0])
		memmove(text, text + strlen(name), strlen(text + strlen(name)) + 1);
}

/* -1 if there is no such line. */
static inline long status_value(const char *name)
{
	char text[512];
	status_text(name, text, sizeof text);
	return text[0] ? atol(text) : -1;
}
