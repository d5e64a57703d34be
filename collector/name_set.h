/* SPDX-License-Identifier: Apache-2.0 */
/* name_set.h -- names, each once, in their order: what a query lists. */
#pragma once

#include "collector/text.h"

#include <stddef.h>

enum {
	NAME_SET_MAX = 100000,
};

struct name_set {
	char **at; /* sorted */
	size_t count, room;
};

/* [any]    Adds a name; *place is where it is, which holds until the next call. 0, -E2BIG beyond
 *          NAME_SET_MAX, -ENOMEM. */
int name_set_add(struct name_set *, const char *name, size_t *place);
/* [any]    Appends them as a JSON array. */
void name_set_json(struct text *, const struct name_set *);
/* [any]    Frees them; a struct of zeros is empty. */
void name_set_clear(struct name_set *);
