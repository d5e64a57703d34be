/* SPDX-License-Identifier: Apache-2.0 */
/* burn.h -- uses CPU time, for the worker is born after the first 0.1 s of it. */
#pragma once

#include <time.h>

static inline double cpu_seconds(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Returns when the calling thread has used so much more. */
static inline void burn(double seconds)
{
	double until = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) + seconds;
	while (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) < until)
		for (volatile int i = 0; i < 10000; i++)
			;
}
