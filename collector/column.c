/* SPDX-License-Identifier: Apache-2.0 */
/* column.c -- by which of its sample types a merged profile is shown. */
#include "collector/column.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NONE UINT32_MAX

/* The column of the type called so, or NONE. */
static uint32_t find(const struct merged *m, const void *name, size_t size)
{
	for (uint32_t i = 0; i < m->type_count; i++) {
		const struct dictionary_text *t =
			dictionary_text_at(m->dictionary, m->types[i].type);
		if (t->size == size && (!size || !memcmp(t->bytes, name, size)))
			return i;
	}
	return NONE;
}

static uint32_t find_text(const struct merged *m, uint32_t text)
{
	const struct dictionary_text *t = dictionary_text_at(m->dictionary, text);
	return text ? find(m, t->bytes, t->size) : NONE;
}

static bool has_values(const struct merged *m, uint32_t column)
{
	uint32_t count = table_count(&m->rows);
	for (uint32_t i = 1; i < count; i++)
		if (m->values[(size_t)i * m->type_count + column])
			return true;
	return false;
}

static uint32_t choose(const struct merged *m)
{
	uint32_t named = find_text(m, m->default_type), last = m->type_count - 1;
	uint32_t wanted = named == NONE ? last : named;
	uint32_t period = find_text(m, m->period_type.type);
	if (has_values(m, wanted))
		return wanted;
	if (period != NONE && has_values(m, period))
		return period;
	for (uint32_t i = m->type_count; i-- > 0;)
		if (has_values(m, i))
			return i;
	return wanted;
}

static void list(const struct merged *m, const char *name, char error[COLUMN_ERROR_SIZE])
{
	struct text text = {.max = COLUMN_ERROR_SIZE - 100};
	for (uint32_t i = 0; i < m->type_count; i++) {
		const struct dictionary_text *t =
			dictionary_text_at(m->dictionary, m->types[i].type);
		text_append(&text, ", ", i ? 2 : 0);
		text_append(&text, (const char *)t->bytes, t->size);
	}
	snprintf(error, COLUMN_ERROR_SIZE, "bad \"sample_type\" \"%.60s\": there is %s", name,
		 text.at ? text.at : "none");
	text_clear(&text);
}

int column_find(const struct merged *m, const char *name, uint32_t *column,
		char error[COLUMN_ERROR_SIZE])
{
	*column = NONE;
	if (*name)
		*column = find(m, name, strlen(name));
	else if (m->type_count)
		*column = choose(m);
	if (*column != NONE)
		return 0;
	list(m, name, error);
	return -EINVAL;
}

static int64_t total(const struct merged *m, uint32_t column)
{
	uint64_t sum = 0;
	for (uint32_t i = 1; i < table_count(&m->rows); i++)
		sum += (uint64_t)m->values[(size_t)i * m->type_count + column];
	return (int64_t)sum;
}

void column_json(struct text *text, const struct merged *m)
{
	text_append(text, "[", 1);
	for (uint32_t i = 0; i < m->type_count; i++) {
		const struct dictionary_text *type =
			dictionary_text_at(m->dictionary, m->types[i].type);
		const struct dictionary_text *unit =
			dictionary_text_at(m->dictionary, m->types[i].unit);
		text_append(text, ",", i > 0);
		text_append(text, "{\"type\":", 8);
		text_json_bytes(text, type->bytes, type->size);
		text_append(text, ",\"unit\":", 8);
		text_json_bytes(text, unit->bytes, unit->size);
		text_append(text, ",\"total\":", 9);
		text_number(text, total(m, i));
		text_append(text, "}", 1);
	}
	text_append(text, "]", 1);
}
