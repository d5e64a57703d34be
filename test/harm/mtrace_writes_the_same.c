/* SPDX-License-Identifier: Apache-2.0 */
/* mtrace_writes_the_same.c -- mtrace(3) of glibc writes as many lines, and finds the same leak.
 *
 * harm: memory
 * level: P1
 * preload: after=libc_malloc_debug.so.0
 * needs: /usr/lib/x86_64-linux-gnu/libc_malloc_debug.so.0
 * env: MALLOC_TRACE=trace
 * naive: missing
 */
#include <mcheck.h>
#include <stdio.h>
#include <unistd.h>

#include "burn.h"
#include "churn.h"

static void count_lines(const char *path)
{
	unsigned counts[256] = {0};
	char line[512];
	FILE *trace = fopen(path, "r");
	while (trace && fgets(line, sizeof line, trace)) {
		const char *kind = strstr(line, "] ");
		counts[(unsigned char)(kind ? kind[2] : '=')]++;
	}
	if (trace)
		fclose(trace);
	for (int i = 0; i < 256; i++)
		if (counts[i])
			printf("%c %u\n", i, counts[i]);
}

int main(void)
{
	static void *volatile lost __attribute__((unused));
	burn(0.12);
	mtrace();
	lost = malloc(4711);
	size_t faults = churn(1, 5000);
	muntrace();
	printf("%zu faults\n", faults);
	count_lines("trace");
	unlink("trace");
	return 0;
}
