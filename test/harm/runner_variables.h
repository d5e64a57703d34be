/* SPDX-License-Identifier: Apache-2.0 */
/* runner_variables.h -- tells what the runner puts into the environment, which differs between the
 * runs. */
#pragma once

#include <string.h>

static inline int is_of_the_runner(const char *entry)
{
	static const char *const own[] = {"LD_PRELOAD=", "CONPROF_", "NAIVE=", "HARM_"};
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (!strncmp(entry, own[i], strlen(own[i])))
			return 1;
	return 0;
}
