/* SPDX-License-Identifier: Apache-2.0 */
/* naive.h -- which sins the bad library commits. */
#pragma once

enum {
	THREAD = 1 << 0,
	RAWMASK = 1 << 1,
	SOCK = 1 << 2,
	FSIZE = 1 << 3,
	CPU = 1 << 4,
	WALL = 1 << 5,
	TGKILL = 1 << 6,
	ONSTACK = 1 << 7,
	EATSTACK = 1 << 8,
	MALLOC = 1 << 9,
	LEAK = 1 << 10,
	BACKTRACE = 1 << 11,
	FORKTHREAD = 1 << 12,
	SLOWEXIT = 1 << 13,
	TLS = 1 << 14,
	SEGV = 1 << 15,
	ERRNO = 1 << 16,
	MISSING = 1 << 17,
	LATE = 1 << 18,
	LOCK = 1 << 19,
	USABLE = 1 << 20,
};

extern unsigned naive_modes;

/* Allocations may come before any constructor, but not before the environment is there. */
void naive_read_modes(void);
