/* SPDX-License-Identifier: Apache-2.0 */
/* filter.h -- what a seccomp filter that is already in force does to calls of ours.
 *
 * There is no way to ask, and some filters kill for a call that they do not know: systemd's do by
 * default. So a child, which shares nothing with the program, makes each of them once.
 */
#pragma once

#include <stdbool.h>

/* [init]   Whether a filter is in force. A single system call. */
bool filter_is_there(void);
/* [init]   Whether it is, as far as environment and files tell, that of a container, which refuses
 * calls with an error: then a child can be made without fear. */
bool filter_is_of_container(char **environment);
/* [hook]   Has a child make the calls. False when it was killed, or could not be made. Where clone
 * itself may kill, not before the program has made a child or a thread of its own. */
bool filter_lets_pass(void);
