/* SPDX-License-Identifier: Apache-2.0 */
/* rendering_names.c -- names of nodes get numbers as they are used. */
#include "collector/rendering_names.h"

#include <errno.h>
#include <stdlib.h>

static const char all[] = "[all]", other[] = "[other]";

struct dictionary_text rendering_name(const struct calls *calls, uint32_t name)
{
	if (name == 0)
		return (struct dictionary_text){(const uint8_t *)all, sizeof all - 1};
	if (name == OUTLINE_REST)
		return (struct dictionary_text){(const uint8_t *)other, sizeof other - 1};
	return *dictionary_text_at(calls->texts, name);
}

int rendering_names_open(struct rendering_names *n, const struct calls *calls)
{
	size_t most = dictionary_count(calls->texts, DICTIONARY_TEXTS) + 1UL;
	*n = (struct rendering_names){.calls = calls};
	n->numbers = calloc(most, sizeof(*n->numbers));
	n->names = calloc(most, sizeof(*n->names));
	return n->numbers && n->names ? 0 : -ENOMEM;
}

void rendering_names_close(struct rendering_names *n)
{
	free(n->numbers);
	free(n->names);
}

uint32_t rendering_names_use(struct rendering_names *n, uint32_t name)
{
	uint32_t text = name;
	if (name == OUTLINE_REST)
		text = dictionary_count(n->calls->texts, DICTIONARY_TEXTS);
	if (!n->numbers[text]) {
		n->names[n->count] = name;
		n->numbers[text] = ++n->count;
	}
	return n->numbers[text] - 1;
}
