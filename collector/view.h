/* SPDX-License-Identifier: Apache-2.0 */
/* view.h -- a pprof profile as it lies in its bytes, found valid, without a copy of its texts.
 *
 * Takes and refuses what google/pprof's ParseUncompressed and CheckValid do, and beyond that keeps
 * the limits of the caller. References are row numbers, which are in range; ids are gone. What a
 * reader of google/pprof never sees is not here: a label without a value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/arena.h"

enum {
	VIEW_ERROR_SIZE = 160,
	VIEW_TAGS_MAX = 1024, /* labels of one sample, whatever the limits say */
};

#define VIEW_NONE UINT32_MAX /* a location without a mapping */

struct view_text { /* not ended by a NUL */
	const uint8_t *bytes;
	uint32_t size;
};

struct view_type {
	uint32_t type, unit; /* texts */
};

enum view_mapping_flag {
	VIEW_HAS_FUNCTIONS = 1,
	VIEW_HAS_FILENAMES = 2,
	VIEW_HAS_LINE_NUMBERS = 4,
	VIEW_HAS_INLINE_FRAMES = 8,
};

struct view_mapping {
	uint64_t id, start, limit, offset;
	uint32_t filename, build_id; /* texts */
	uint32_t flags;		     /* of enum view_mapping_flag */
};

struct view_function {
	uint64_t id;
	int64_t start_line;
	uint32_t name, system_name, filename; /* texts */
};

struct view_line {
	int64_t line, column;
	uint32_t function; /* row */
};

struct view_location {
	uint64_t id, address;
	uint32_t mapping;		 /* row, or VIEW_NONE */
	uint32_t line_start, line_count; /* rows of lines, the innermost first */
	bool is_folded;
};

struct view_label {
	uint32_t key; /* text */
	bool is_number, has_unit;
	uint32_t text; /* the value, or the unit of a number that has one */
	int64_t number;
};

struct view_sample {
	uint32_t frame_start, frame_count; /* rows of frames, the leaf first */
	uint32_t label_start, label_count; /* rows of labels */
};

struct view_counts { /* how many there are, or may be, of everything */
	uint32_t texts, types, comments, mappings, functions, lines, locations, frames, labels,
		samples;
};

struct view_limits {
	struct view_counts most;
	uint32_t depth; /* frames of one sample, and lines of one location */
	uint32_t tags;	/* labels of one sample */
	uint32_t text;	/* bytes of one text */
	size_t memory;	/* bytes of all that a view adds to its bytes */
};

struct view {
	struct view_counts count;
	struct view_text *texts;
	struct view_type *types;
	struct view_mapping *mappings; /* the first one is the main binary's */
	struct view_function *functions;
	struct view_line *lines;
	struct view_location *locations;
	uint32_t *frames; /* rows of locations */
	struct view_label *labels;
	struct view_sample *samples;
	int64_t *values;    /* count.types for each sample */
	uint32_t *comments; /* texts */
	struct view_type period_type;
	uint32_t drop_frames, keep_frames, default_type, doc_url; /* texts */
	int64_t time_ns, duration_ns, period;
};

/* What suits profiles of programs; memory is 64 MiB. */
extern const struct view_limits view_limits;

struct view_input {
	const void *bytes; /* of a pprof, inflated */
	size_t size;
	const struct view_limits *limits; /* NULL: view_limits */
};

/* [any]    Reads a profile. The view lies in the arena, whose max is set to that of the limits, and
 *          is valid until arena_clear and as long as the bytes. 0, -EBADMSG when it is none,
 *          -EFBIG beyond a limit, -ENOMEM; error then says what is wrong. */
int view_open(struct view *, struct arena *, const struct view_input *,
	      char error[VIEW_ERROR_SIZE]);
