/* SPDX-License-Identifier: Apache-2.0 */
/* figures.c -- what conprofd counts of itself, as Prometheus reads it. */
#include "collector/figures.h"

#include <inttypes.h>
#include <stdatomic.h>

static _Atomic uint64_t counts[FIGURE_COUNT];

static const struct {
	const char *name, *help;
} rows[FIGURE_COUNT] = {
#define X(name, help) {#name, help},
	FIGURES(X)
#undef X
};

void figure_add(enum figure figure, uint64_t count)
{
	atomic_fetch_add_explicit(&counts[figure], count, memory_order_relaxed);
}

uint64_t figure_get(enum figure figure)
{
	return atomic_load_explicit(&counts[figure], memory_order_relaxed);
}

void figures_write_one(struct text *text, const char *name, const char *kind, const char *help,
		       uint64_t value)
{
	const char *end = kind[0] == 'c' ? "_total" : "";
	text_printf(text,
		    "# HELP conprofd_%s%s %s\n# TYPE conprofd_%s%s %s\nconprofd_%s%s %" PRIu64 "\n",
		    name, end, help, name, end, kind, name, end, value);
}

void figures_write(struct text *text)
{
	for (size_t i = 0; i < FIGURE_COUNT; i++)
		figures_write_one(text, rows[i].name, "counter", rows[i].help,
				  figure_get((enum figure)i));
}
