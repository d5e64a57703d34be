/* SPDX-License-Identifier: Apache-2.0 */
/* unnamed.c -- the addresses that still lack a name, handed from one source of names to the next.
 */
#include "core/unnamed.h"

#include "core/demangle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUFFIX_MAX = 8, TEXT_SIZE = UNNAMED_NAME_MAX + SUFFIX_MAX };

/* Too large for the worker's stack. */
struct unnamed_texts {
	char last[UNNAMED_NAME_MAX]; /* what readable was made from: neighbours share a function */
	char readable[UNNAMED_NAME_MAX];
	char name[TEXT_SIZE];
	char system_name[TEXT_SIZE];
};

static bool addresses_take(struct unnamed *list, const struct symbols_wanted *wanted, uint64_t bias)
{
	for (size_t i = 0; i < wanted->count; i++) {
		uint64_t address = wanted->addresses[i];
		if (address < bias || (i > 0 && address <= wanted->addresses[i - 1]))
			return false;
		list->addresses[i] = address - bias;
		list->indices[i] = (uint32_t)i;
	}
	list->count = wanted->count;
	return true;
}

int unnamed_create(struct unnamed *list, const struct symbols_wanted *wanted, uint64_t bias)
{
	*list = (struct unnamed){0};
	if (wanted->count == 0 || wanted->count >= UINT32_MAX)
		return -EINVAL;
	list->addresses = calloc(wanted->count, sizeof(*list->addresses));
	list->indices = calloc(wanted->count, sizeof(*list->indices));
	list->texts = calloc(1, sizeof(*list->texts));
	if (list->addresses != NULL && list->indices != NULL && list->texts != NULL &&
	    addresses_take(list, wanted, bias))
		return 0;
	int error = list->texts == NULL ? -ENOMEM : -EINVAL;
	unnamed_destroy(list);
	return error;
}

void unnamed_destroy(struct unnamed *list)
{
	free(list->addresses);
	free(list->indices);
	free(list->texts);
	*list = (struct unnamed){0};
}

static void readable_refresh(struct unnamed_texts *texts, const char *name)
{
	if (strcmp(name, texts->last) == 0)
		return;
	snprintf(texts->last, sizeof(texts->last), "%s", name);
	if (!demangle_name(name, texts->readable, sizeof(texts->readable)))
		snprintf(texts->readable, sizeof(texts->readable), "%s", name);
}

void unnamed_give(struct unnamed *list, size_t i, const char *name, const char *suffix)
{
	struct unnamed_texts *texts = list->texts;

	if (name[0] == '\0' || list->indices[i] == UINT32_MAX)
		return;
	readable_refresh(texts, name);
	snprintf(texts->name, sizeof(texts->name), "%s%s", texts->readable, suffix);
	snprintf(texts->system_name, sizeof(texts->system_name), "%s%s", texts->last, suffix);
	list->found(list->context, list->indices[i], texts->name, texts->system_name);
	list->indices[i] = UINT32_MAX;
	list->named++;
}

void unnamed_compact(struct unnamed *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (list->indices[i] == UINT32_MAX)
			continue;
		list->addresses[kept] = list->addresses[i];
		list->indices[kept++] = list->indices[i];
	}
	list->count = kept;
}

size_t unnamed_first_not_below(const struct unnamed *list, uint64_t value)
{
	size_t low = 0;

	for (size_t high = list->count; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (list->addresses[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
