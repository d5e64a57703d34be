/* SPDX-License-Identifier: Apache-2.0 */
/* merged_map.h -- what the rows of one dictionary are in a merged profile; for merged.c alone. */
#pragma once

#include "collector/merged.h"

struct merged_map;

/* [any]    Nothing of the dictionary looked up yet. It takes what it needs from the budget of
 *          merged. NULL beyond that or without memory. */
struct merged_map *merged_map_create(struct merged *, const struct dictionary *from);
/* [any]    NULL is fine. */
void merged_map_destroy(struct merged_map *);
/* [any]    Whether it is of this dictionary, which has not grown since. */
bool merged_map_covers(const struct merged_map *, const struct dictionary *from);
/* [any]    The number in merged of a row of the dictionary, added if it is new; DICTIONARY_NONE
 *          beyond the budget or without memory. */
uint32_t merged_map_text(struct merged_map *, uint32_t text);
uint32_t merged_map_stack(struct merged_map *, uint32_t stack);
uint32_t merged_map_labels(struct merged_map *, uint32_t labels);
/* [any]    Adds a mapping, or what this one tells of it when it tells it first of all. False
 *          beyond the budget or without memory. */
bool merged_map_base(struct merged_map *, const struct tally_base *);
