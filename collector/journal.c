/* SPDX-License-Identifier: Apache-2.0 */
/* journal.c -- lines for the operator, on standard error; systemd is told how grave they are. */
#include "collector/journal.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	LINE_MAX = 1000,
};

static atomic_int highest = JOURNAL_INFO;

void journal_set_level(int level)
{
	highest = level;
}

void journal(enum journal_level level, const char *format, ...)
{
	/* syslog's err, warning, info, debug, as systemd reads them at the beginning of a line */
	static const char *const gravity[] = {"", "<3>", "<4>", "<6>", "<7>"};
	static const char *const names[] = {"", "error: ", "warning: ", "", "debug: "};
	char line[LINE_MAX];
	va_list arguments;
	if ((int)level > highest)
		return;
	int len = snprintf(line, sizeof line, "%sconprofd: %s",
			   getenv("JOURNAL_STREAM") ? gravity[level] : "", names[level]);
	va_start(arguments, format);
	int more = vsnprintf(line + len, sizeof line - (size_t)len - 1, format, arguments);
	va_end(arguments);
	if (more < 0)
		return;
	len = len + more < LINE_MAX - 2 ? len + more : LINE_MAX - 2;
	for (int i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	/* one write, so that lines of several threads stay whole; there is nobody to tell a failure
	 */
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}
