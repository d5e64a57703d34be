/* SPDX-License-Identifier: Apache-2.0 */
/* figures.h -- what conprofd counts of itself, as Prometheus reads it. */
#pragma once

#include "collector/text.h"

#include <stdint.h>

/* clang-format off */
/*	name, what it counts */
#define FIGURES(X) \
	X(uploads_taken, "profiles that were acknowledged, repetitions included") \
	X(uploads_repeated, "profiles that were there already") \
	X(uploads_bytes, "bytes of profiles that were acknowledged") \
	X(uploads_malformed, "uploads refused because of what they say (4xx)") \
	X(uploads_no_space, "uploads refused because the disk was full (507)") \
	X(uploads_failed, "uploads that failed for a reason of our own (500)") \
	X(attachments_left_out, "attachments that are no profiles, as go.trace and metrics.json") \
	X(overloads, "requests refused because too much was waiting (503)") \
	X(too_large, "requests refused because of their size (413)") \
	X(unauthorized, "requests refused for want of a token (401, 403)") \
	X(slow_clients, "connections closed because they took too long") \
	X(requests, "requests of any kind") \
	X(merges, "merged profiles") \
	X(merged_profiles, "profiles that are in them") \
	X(merged_records, "records that were read for them: profiles, and rollups of several") \
	X(merges_late, "merges that were given up after merge-deadline") \
	X(answers_top, "tables of functions that were sent") \
	X(answers_flame, "flame graphs that were sent") \
	X(answers_folded, "folded texts that were sent") \
	X(answers_speedscope, "profiles for speedscope that were sent")
/* clang-format on */

enum figure {
#define X(name, help) FIGURE_##name,
	FIGURES(X)
#undef X
		FIGURE_COUNT
};

/* [any]    Adds to a figure. */
void figure_add(enum figure, uint64_t count);
/* [any]    What was counted so far. */
uint64_t figure_get(enum figure);
/* [any]    All of them in Prometheus' text format. */
void figures_write(struct text *);
/* [any]    One more line of that format: conprofd_NAME, "counter" or "gauge". */
void figures_write_one(struct text *, const char *name, const char *kind, const char *help,
		       uint64_t value);
