/* SPDX-License-Identifier: Apache-2.0 */
/* rendering_names.h -- names of nodes get numbers as they are used, for a table of names. */
#pragma once

#include "collector/outline.h"
#include "collector/text.h"

struct rendering_names {
	const struct calls *calls;
	uint32_t *numbers; /* by text, and one more for OUTLINE_REST; 0: not used yet, else + 1 */
	uint32_t *names;   /* by number */
	uint32_t count;
};

/* [any]    What a node of this name is called: "[all]" for the root, "[other]" for a rest. */
struct dictionary_text rendering_name(const struct calls *, uint32_t name);

/* [any]    No names yet. 0, -ENOMEM; the caller closes them in any case. */
int rendering_names_open(struct rendering_names *, const struct calls *);
/* [any]    Frees them. */
void rendering_names_close(struct rendering_names *);
/* [any]    The number of a name, from 0. */
uint32_t rendering_names_use(struct rendering_names *, uint32_t name);
