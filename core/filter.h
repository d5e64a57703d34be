/* SPDX-License-Identifier: Apache-2.0 */
/* filter.h -- what a seccomp filter that is already in force does to calls of ours.
 *
 * There is no way to ask, and some filters kill for a call that they do not know: systemd's do by
 * default. So a child, which shares nothing with the program, makes each of them once.
 */
#pragma once

enum filter {
	FILTER_NONE,
	FILTER_REFUSES, /* at worst with an error */
	FILTER_KILLS,	/* or that could not be found out */
};

/* [init]   Asks the kernel whether there is a filter and tries it. Without one this is a single
 * system call. */
enum filter filter_probe(void);
