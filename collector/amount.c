/* SPDX-License-Identifier: Apache-2.0 */
/* amount.c -- durations and sizes as people write them. */
#include "collector/amount.h"

#include <stddef.h>
#include <string.h>

static const uint64_t century_ms = 100ull * 366 * 24 * 3600 * 1000;

static bool take_number(const char **text, uint64_t *number)
{
	if (**text < '0' || **text > '9')
		return false;
	for (*number = 0; **text >= '0' && **text <= '9'; ++*text)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, (uint64_t)(**text - '0'), number))
			return false;
	return true;
}

static uint64_t take_unit(const char **text)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t len = strlen(units[i].name);
		if (strncmp(*text, units[i].name, len) != 0)
			continue;
		*text += len;
		return units[i].ms;
	}
	return 0;
}

bool amount_duration(const char *text, uint64_t *ms)
{
	uint64_t sum = 0;
	const char *begin = text;
	do {
		uint64_t number, part;
		if (!take_number(&text, &number))
			return false;
		uint64_t unit = *text ? take_unit(&text) : begin ? 1000 : 0;
		if (unit == 0 || __builtin_mul_overflow(number, unit, &part) ||
		    __builtin_add_overflow(sum, part, &sum) || sum > century_ms)
			return false;
		begin = NULL; /* only a number that stands alone needs no unit */
	} while (*text);
	*ms = sum;
	return true;
}

bool amount_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	uint64_t number;
	if (!take_number(&text, &number))
		return false;
	const char *unit = *text ? strchr(units, *text) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	if ((*text && !unit) || (unit && text[1]) || number > UINT64_MAX >> 1 >> shift)
		return false;
	*bytes = number << shift;
	return true;
}
