/* SPDX-License-Identifier: Apache-2.0 */
/* empty.c -- stands for the library where a program loads it itself and there is to be none. */

int conprof_start(const void *options);
void conprof_stop(void);

int conprof_start(const void *options)
{
	(void)options;
	return 0;
}

void conprof_stop(void)
{
}
