/* SPDX-License-Identifier: Apache-2.0 */
/* log.h -- single lines for the operator, to a file or to the program's stderr.
 *
 * Nothing stays open between two lines, because no descriptor of ours may stand in the host's
 * table. The worker, whose table is its own, reaches the program's stderr through /proc; where
 * that is a socket or gone, it is silent.
 */
#pragma once

#include <stdbool.h>

enum log_level { LOG_ERROR = 1, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* [init]   Where lines of at most this level go: the path of a file, or "stderr". The text is the
 * caller's and must stay. Before the first call nothing is written. */
void log_open(const char *file, int level);
/* [any]    Writes one line, with level and process id before it; cut at 1000 bytes. Never blocks.
 */
void log_line(enum log_level, const char *text);
/* [any]    True when log_line would write lines of this level. */
bool log_wants(enum log_level);
