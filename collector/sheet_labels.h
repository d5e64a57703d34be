/* SPDX-License-Identifier: Apache-2.0 */
/* sheet_labels.h -- the labels of one sample become a chain of the dictionary, by which samples
 * whose labels are the same for google/pprof have the same one. */
#pragma once

#include "collector/dictionary.h"

struct sheet_label {
	struct dictionary_label row; /* rest is not set yet */
	const struct view_text *key; /* the same as row.key */
};

/* [writer] Orders the labels: texts before numbers, by their keys, those of one key as they came;
 *          and gives every number of a key a unit if one has it. The chain, or DICTIONARY_NONE when
 *          full or without memory. */
uint32_t sheet_labels_add(struct dictionary *, struct sheet_label *labels, uint32_t count);
