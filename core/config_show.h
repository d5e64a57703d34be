/* SPDX-License-Identifier: Apache-2.0 */
/* config_show.h -- values as text again, for warnings: bounded, printable, without credentials.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"

enum { CONFIG_SHOWN_MAX = 60 }; /* bytes of a value that somebody wrote */

/* All zero is the empty text. What does not fit is cut. */
struct config_text {
	size_t len;
	char bytes[CONFIG_WARNING_SIZE]; /* always a string */
};

/* [init] Appends a text of our own. */
void config_show(struct config_text *, const char *);
/* [init] Appends the len bytes somebody wrote: at most CONFIG_SHOWN_MAX, "..." when there are more,
 * "?" for each that is not printable ASCII, "***" for what may be credentials of a URL. */
void config_show_written(struct config_text *, const char *, size_t len);
/* [init] Appends a decimal number. */
void config_show_number(struct config_text *, uint64_t);
/* [init] Appends milliseconds so that config_read_duration reads them back. */
void config_show_duration(struct config_text *, uint64_t ms);
/* [init] Appends bytes so that config_read_size reads them back. */
void config_show_size(struct config_text *, uint64_t bytes);
