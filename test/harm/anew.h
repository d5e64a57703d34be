/* SPDX-License-Identifier: Apache-2.0 */
/* anew.h -- a row's cases, each in a process that begins anew: what lives from the start, lives in
 * it.
 *
 * Included behind life.h.
 */
#pragma once

/* The program once more, with the number of the case as argument; prints how it ended. */
static void run_case(int number, const char *name)
{
	char text[16];
	snprintf(text, sizeof text, "%d", number);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		execl("/proc/self/exe", "case", text, NULL);
		_exit(1);
	}
	print_ending(name, wait_at_most(child, 60));
}
