/* SPDX-License-Identifier: Apache-2.0 */
/* view_read.h -- the walks over a profile's fields; for view.c alone. */
#pragma once

#include "collector/view.h"
#include "collector/wire.h"

/* The rows of one table by their ids. */
struct view_ids {
	uint32_t count;
	struct view_id {
		uint64_t id;
		uint32_t row;
	} * sorted; /* NULL: the ids are 1...count */
};

/* The state of one reading. The first complaint is the one that is told. */
struct view_reader {
	struct view *view;
	struct arena *arena;
	const struct view_limits *limits;
	struct view_ids mappings, functions, locations;
	struct view_counts filled; /* rows that the last walk has reached */
	uint32_t types_seen;	   /* the values of the sample in hand */
	char *text;
	int error;
};

/* One field of a message, for the row in hand. False when it is not what it should be. */
typedef bool view_visit(struct view_reader *, const struct wire_field *, void *row);

/* [any]    Sets the error unless there is one. False, always. */
__attribute__((format(printf, 3, 4))) bool view_complain(struct view_reader *, int error,
							 const char *format, ...);
/* [any]    Complains of bytes that are none of this message. False, always. */
bool view_malformed(struct view_reader *, const char *what);
/* [any]    Room for count elements in the arena; NULL, which has been complained of. */
void *view_take(struct view_reader *, size_t count, size_t size);
/* [any]    Calls visit for each field of a message. False when one or all is malformed, which has
 *          been complained of. Inlined with its visitor: a field is two or three bytes, and a
 *          profile has tens of thousands. */
__attribute__((always_inline)) static inline bool
view_walk(struct view_reader *r, struct wire wire, const char *what, view_visit *visit, void *row)
{
	struct wire_field field = {0};
	while (wire.at < wire.end)
		if (!wire_field(&wire, &field) || !visit(r, &field, row))
			return view_malformed(r, what);
	return true;
}

/* [any]    What the walks do with each field of the profile, in the order of the walks. */
view_visit view_count_field;
view_visit view_table_field;
view_visit view_location_field;
view_visit view_sample_field;

/* [any]    Learns the ids of mappings and functions, then of locations. False when one is 0 or
 *          there twice. */
bool view_ids_take(struct view_reader *);
bool view_ids_take_locations(struct view_reader *);
/* [any]    The row of an id, or VIEW_NONE. */
uint32_t view_ids_find(const struct view_ids *, uint64_t id);
