/* SPDX-License-Identifier: Apache-2.0 */
/* log.h -- single lines for the operator, to a file or to the program's stderr.
 *
 * Nothing stays open between two lines, because no descriptor of ours may stand in the host's
 * table. The worker, whose table is its own, borrows the program's stderr for the one line. Where
 * a line cannot be written at once, there is none.
 */
#pragma once

#include <stdbool.h>

enum log_level { LOG_ERROR = 1, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* [init]   Where lines of at most this level go: the path of a file, or "stderr". The text is the
 * caller's and must stay. Before the first call nothing is written. */
void log_open(const char *file, int level);
/* [init]   Whether the worker may ask the kernel for the program's descriptor 2 (pidfd_getfd),
 * which seccomp filters of services kill for: without, its lines for stderr are not written. */
void log_may_borrow(bool may);
/* [any]    Writes one line, with level and process id before it; cut at 1000 bytes. Never blocks.
 */
void log_line(enum log_level, const char *text);
/* [any]    True when log_line would write lines of this level. */
bool log_wants(enum log_level);
