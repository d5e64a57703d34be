/* SPDX-License-Identifier: Apache-2.0 */
/* types.c -- what the values of profiles are, compared: only equals can be merged. */
#include "collector/types.h"

#include "encoder/utf8.h"

#include <stdio.h>
#include <string.h>

enum {
	NAME_SIZE = 64, /* of a type or a unit in a message */
};

static bool same_text(const struct types *a, uint32_t x, const struct types *b, uint32_t y)
{
	const struct dictionary_text *s = dictionary_text_at(a->dictionary, x);
	const struct dictionary_text *t = dictionary_text_at(b->dictionary, y);
	return s->size == t->size && (!s->size || !memcmp(s->bytes, t->bytes, s->size));
}

static bool same_type(const struct types *a, const struct sheet_type *x, const struct types *b,
		      const struct sheet_type *y)
{
	return same_text(a, x->type, b, y->type) && same_text(a, x->unit, b, y->unit);
}

/* "cpu/nanoseconds", cut to what fits. */
static size_t print_type(char *to, size_t size, const struct types *t,
			 const struct sheet_type *type)
{
	const struct dictionary_text *name = dictionary_text_at(t->dictionary, type->type);
	const struct dictionary_text *unit = dictionary_text_at(t->dictionary, type->unit);
	char texts[2][NAME_SIZE];
	utf8_clean(texts[0], NAME_SIZE, (const char *)name->bytes, name->size);
	utf8_clean(texts[1], NAME_SIZE, (const char *)unit->bytes, unit->size);
	int length = snprintf(to, size, "%s/%s", texts[0], texts[1]);
	return (size_t)length < size ? (size_t)length : size - 1;
}

static void print_types(char *to, size_t size, const struct types *t)
{
	size_t used = 0;
	*to = 0;
	for (uint32_t i = 0; i < t->count && used + 2 < size; i++) {
		if (i)
			to[used++] = ' ';
		used += print_type(to + used, size - used, t, &t->types[i]);
	}
}

static bool refuse_types(const struct types *a, const struct types *b, char *error, size_t size)
{
	char x[192], y[192];
	print_types(x, sizeof(x), a);
	print_types(y, sizeof(y), b);
	snprintf(error, size, "incompatible sample types [%s] and [%s]", x, y);
	return false;
}

static bool refuse_period(const struct types *a, const struct types *b, char *error, size_t size)
{
	char x[2 * NAME_SIZE], y[2 * NAME_SIZE];
	print_type(x, sizeof(x), a, &a->period);
	print_type(y, sizeof(y), b, &b->period);
	snprintf(error, size, "incompatible period types %s and %s", x, y);
	return false;
}

bool types_agree(const struct types *a, const struct types *b, char *error, size_t size)
{
	if (!same_type(a, &a->period, b, &b->period))
		return refuse_period(a, b, error, size);
	if (a->count != b->count)
		return refuse_types(a, b, error, size);
	for (uint32_t i = 0; i < a->count; i++)
		if (!same_type(a, &a->types[i], b, &b->types[i]))
			return refuse_types(a, b, error, size);
	return true;
}
