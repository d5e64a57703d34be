/* SPDX-License-Identifier: Apache-2.0 */
/* tasks.h -- what /proc says of this process and its threads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TASKS_MAX = 16384 };

/* [worker] Writes the ids of at most max threads, ascending, without the calling thread. Returns
 * their number; 0 when /proc cannot be read. */
size_t tasks_list(uint32_t *tids, size_t max);
/* [worker] Closes what tasks_list keeps open. */
void tasks_close(void);
/* [worker] True when ids, ascending, contain tid. */
bool tasks_contain(const uint32_t *tids, size_t count, uint32_t tid);
/* [worker] The signals that the thread blocks, bit 0 for signal 1; all of them when unknown. */
uint64_t tasks_blocked_signals(uint32_t tid);
/* [worker] True when the thread has ended and only waits to be forgotten. */
bool tasks_is_dead(uint32_t tid);
/* [worker] What the thread, which is dead, said as its exit status; 0 when unknown. */
int tasks_exit_status(uint32_t tid);
enum tasks_privileges {
	TASKS_ALIKE,
	TASKS_OTHER_PRIVILEGES, /* users, groups or capabilities */
	TASKS_OTHER_SANDBOX,	/* no_new_privs or seccomp */
};

/* [worker] How the first thread of the process and the calling one differ. */
enum tasks_privileges tasks_compare_privileges(void);
/* [worker] True when no seccomp filter is in force for the calling thread, as far as /proc tells.
 */
bool tasks_are_unfiltered(void);
