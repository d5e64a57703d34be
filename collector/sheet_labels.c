/* SPDX-License-Identifier: Apache-2.0 */
/* sheet_labels.c -- the labels of one sample become a chain of the dictionary. */
#include "collector/sheet_labels.h"

#include <string.h>

static bool is_number(const struct sheet_label *l)
{
	return l->row.kind != DICTIONARY_LABEL_TEXT;
}

static bool same_key(const struct sheet_label *a, const struct sheet_label *b)
{
	return is_number(a) == is_number(b) && a->row.key == b->row.key;
}

/* Whether b has to stand before a. */
static bool comes_later(const struct sheet_label *a, const struct sheet_label *b)
{
	if (is_number(a) != is_number(b))
		return is_number(a);
	uint32_t size = a->key->size < b->key->size ? a->key->size : b->key->size;
	int order = size ? memcmp(a->key->bytes, b->key->bytes, size) : 0;
	return order > 0 || (!order && a->key->size > b->key->size);
}

/* They are few and mostly in order. */
static void sort(struct sheet_label *labels, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		struct sheet_label label = labels[i];
		uint32_t to = i;
		for (; to > 0 && comes_later(&labels[to - 1], &label); to--)
			labels[to] = labels[to - 1];
		labels[to] = label;
	}
}

/* What google/pprof calls padding: one unit of a key makes a "" of each that is missing. */
static void pad_units(struct sheet_label *labels, uint32_t count)
{
	for (uint32_t i = 0, next; i < count; i = next) {
		bool has_unit = false;
		for (next = i; next < count && same_key(&labels[next], &labels[i]); next++)
			has_unit |= labels[next].row.kind == DICTIONARY_LABEL_NUMBER_UNIT;
		for (uint32_t k = i; has_unit && k < next; k++)
			labels[k].row.kind = DICTIONARY_LABEL_NUMBER_UNIT;
	}
}

uint32_t sheet_labels_add(struct dictionary *d, struct sheet_label *labels, uint32_t count)
{
	uint32_t chain = 0;
	sort(labels, count);
	pad_units(labels, count);
	for (uint32_t i = count; i-- > 0 && chain != DICTIONARY_NONE;) {
		labels[i].row.rest = chain;
		chain = dictionary_add(d, DICTIONARY_LABELS, &labels[i].row);
	}
	return chain;
}
