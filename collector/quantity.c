/* SPDX-License-Identifier: Apache-2.0 */
/* quantity.c -- a value and its unit as people read it. */
#include "collector/quantity.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What a profile's unit is worth, and in which family. */
static const struct unit {
	const char *name;
	bool is_time;
	double worth; /* nanoseconds or bytes */
} units[] = {
	{"nanoseconds", true, 1},      {"microseconds", true, 1e3}, {"milliseconds", true, 1e6},
	{"seconds", true, 1e9},	       {"bytes", false, 1},	    {"kilobytes", false, 1 << 10},
	{"megabytes", false, 1 << 20},
};

static const struct scale {
	double worth;
	const char *suffix;
} times[] = {{86400e9, "d"}, {3600e9, "h"}, {60e9, "min"}, {1e9, "s"},
	     {1e6, "ms"},    {1e3, "us"},   {1, "ns"}},
  sizes[] = {{0x1p40, "TiB"}, {0x1p30, "GiB"}, {0x1p20, "MiB"}, {0x1p10, "KiB"}, {1, "B"}};

static void format_scaled(char text[QUANTITY_SIZE], double value, const struct scale *scale)
{
	while (scale->worth > 1 && fabs(value) < scale->worth)
		scale++;
	if (scale->worth == 1)
		snprintf(text, QUANTITY_SIZE, "%.0f%s", value, scale->suffix);
	else
		snprintf(text, QUANTITY_SIZE, "%.2f%s", value / scale->worth, scale->suffix);
}

void quantity_format(char text[QUANTITY_SIZE], int64_t value, const char *unit)
{
	for (size_t i = 0; value && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].name) != 0)
			continue;
		format_scaled(text, (double)value * units[i].worth,
			      units[i].is_time ? times : sizes);
		return;
	}
	snprintf(text, QUANTITY_SIZE, "%" PRId64, value);
}
