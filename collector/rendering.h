/* SPDX-License-Identifier: Apache-2.0 */
/* rendering.h -- a tree of calls as the texts that people and programs read.
 *
 * The first side is what was asked for; a second one is what it is compared with.
 */
#pragma once

#include "collector/outline.h"
#include "collector/text.h"

struct rendering_side {
	size_t profiles;
	int64_t time_ns, duration_ns;
};

struct rendering {
	struct calls *calls;	   /* summed up */
	uint32_t most;		   /* nodes, or functions, that may be shown */
	uint32_t type, unit;	   /* texts of the calls: of what is shown */
	struct text *sample_types; /* JSON: all of the first side */
	struct rendering_side sides[CALLS_SIDES_MAX];
};

/* Each of them appends to the text, whose failures are its own, and takes what it needs from the
 * calls. 0, -ENOSPC beyond what those may take, -ENOMEM. */

/* [any]    JSON: names, and for each depth the nodes, each one four numbers: how much further right
 *          its parent is in the depth above than that of the node before it, its name, its total
 *          and what it took itself; with two sides six, the last two being the second side's. */
int rendering_flame(const struct rendering *, struct text *);
/* [any]    JSON: functions, with what each took itself and with all that it called; those that took
 *          most themselves first, or that differ most. */
int rendering_top(const struct rendering *, struct text *);
/* [any]    A line for each stack, "main;work;sort 12": callers first. With two sides there are two
 *          numbers, the second side's first, as difffolded.pl has it. */
int rendering_folded(const struct rendering *, struct text *);
/* [any]    JSON as speedscope reads it, of the first side. */
int rendering_speedscope(const struct rendering *, struct text *);
