/* SPDX-License-Identifier: Apache-2.0 */
/* journal.h -- lines for the operator, on standard error; systemd is told how grave they are. */
#pragma once

enum journal_level { JOURNAL_ERROR = 1, JOURNAL_WARNING, JOURNAL_INFO, JOURNAL_DEBUG };

/* [any]    Only lines up to this level are written; JOURNAL_INFO before the first call. */
void journal_set_level(int level);
/* [any]    One line, as printf does it; control characters become '?', 1000 bytes are the most. */
__attribute__((format(printf, 2, 3))) void journal(enum journal_level, const char *format, ...);
