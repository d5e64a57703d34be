/* SPDX-License-Identifier: Apache-2.0 */
/* config_set.h -- each kind of value: how it is read, bounded, kept and shown. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/config_show.h"

enum config_kind {
	CONFIG_KIND_TEXT,
	CONFIG_KIND_NAME,   /* a text that is cut when it is too long */
	CONFIG_KIND_SECRET, /* a text never to be shown */
	CONFIG_KIND_DURATION,
	CONFIG_KIND_NUMBER,
	CONFIG_KIND_SIZE,
	CONFIG_KIND_LEVEL,
	CONFIG_KIND_TYPES,
	CONFIG_KIND_ENGINE,
	CONFIG_KIND_LABELS,
	CONFIG_KIND_FLAG,
};

struct config_row { /* where a value is kept */
	enum config_kind kind;
	size_t offset, size; /* in struct config */
	uint64_t least, most;
};

struct config_trouble { /* the first thing wrong with a value, and how many there are */
	unsigned count;
	struct config_text why;
};

/* [init] Sets the field to what somebody wrote. What is no value leaves the field as it was, what
 * is out of range is clipped; either is noted in the trouble, which begins as all zero. */
void config_set(struct config *, const struct config_row *, const char *value,
		struct config_trouble *);
/* [init] The same for a number that needs no reading. */
void config_set_number(struct config *, const struct config_row *, uint64_t number,
		       struct config_trouble *);
/* [init] Appends what is in force now, as it would be written. */
void config_set_show(struct config_text *, const struct config *, const struct config_row *);
