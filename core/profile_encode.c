/* SPDX-License-Identifier: Apache-2.0 */
/* profile_encode.c -- names for the addresses of a period, then the period as pprof. */
#include "core/profile_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/symbols.h"
#include "encoder/pprof.h"

enum { NAME_SIZE = 256 };

/* One address of the period, once. */
struct place {
	uint64_t frame;
	uint32_t function; /* of pprof; 0: no name yet */
	uint32_t location;
};

struct encoding {
	const struct profile *profile;
	struct pprof *pprof;
	struct place *places; /* ascending by frame, so those of a mapping stand together */
	size_t place_count;
	uint64_t *addresses;		/* of the places, as symbols_resolve wants them */
	uint32_t ends[UNWIND_LOST + 1]; /* the location that shows how a stack ended */
};

/* Where the names of one mapping's places go. */
struct naming {
	struct encoding *encoding;
	size_t first;
};

static int by_frame(const void *a, const void *b)
{
	uint64_t x = ((const struct place *)a)->frame, y = ((const struct place *)b)->frame;
	return (x > y) - (x < y);
}

static struct place *find_place(const struct encoding *encoding, uint64_t frame)
{
	struct place wanted = {.frame = frame};
	return bsearch(&wanted, encoding->places, encoding->place_count, sizeof(wanted), by_frame);
}

static bool collect_places(struct encoding *encoding)
{
	const struct profile *profile = encoding->profile;
	encoding->places = calloc(profile->frame_count + 1, sizeof(*encoding->places));
	if (!encoding->places)
		return false;
	for (uint32_t i = 0; i < profile->frame_count; i++)
		encoding->places[i].frame = profile->frames[i];
	qsort(encoding->places, profile->frame_count, sizeof(*encoding->places), by_frame);
	for (uint32_t i = 0; i < profile->frame_count; i++)
		if (!i || encoding->places[i].frame != encoding->places[i - 1].frame)
			encoding->places[encoding->place_count++] = encoding->places[i];
	encoding->addresses = calloc(encoding->place_count + 1, sizeof(*encoding->addresses));
	if (!encoding->addresses)
		return false;
	for (size_t i = 0; i < encoding->place_count; i++)
		encoding->addresses[i] = encoding->places[i].frame & FRAME_ADDRESS_MASK;
	return true;
}

static void name_place(void *context, size_t index, const char *name, const char *system_name)
{
	struct naming *naming = context;
	struct encoding *encoding = naming->encoding;
	encoding->places[naming->first + index].function =
		pprof_function(encoding->pprof, name, system_name, NULL);
}

/* Code without a name is shown by the file it is in, in brackets. */
static uint32_t unnamed_function(struct pprof *pprof, const struct mapping *mapping)
{
	const char *path = mapping ? mapping->path : "";
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	char name[NAME_SIZE];
	if (!*base)
		return pprof_function(pprof, "[unknown]", NULL, NULL);
	if (*base == '[')
		return pprof_function(pprof, base, NULL, NULL);
	snprintf(name, sizeof(name), "[%s]", base);
	return pprof_function(pprof, name, NULL, NULL);
}

static uint32_t add_mapping(struct pprof *pprof, const struct mapping *mapping)
{
	if (!mapping)
		return 0;
	struct pprof_mapping entry = {
		.start = mapping->start,
		.limit = mapping->limit,
		.offset = mapping->offset,
		.filename = mapping->path,
		.build_id = mapping->build_id,
		.build_id_size = mapping->build_id_size,
	};
	return pprof_mapping(pprof, &entry);
}

static void name_places(struct encoding *encoding, const struct profile_facts *facts,
			const struct mapping *mapping, size_t first, size_t count)
{
	struct naming naming = {encoding, first};
	const uint64_t *addresses = encoding->addresses + first;
	if (mapping && mapping->path[0]) {
		struct symbols_wanted wanted = {mapping, addresses, count};
		symbols_resolve(encoding->profile->maps, &wanted, name_place, &naming);
	} else {
		symbols_resolve_jit(facts->pid, addresses, count, name_place, &naming);
	}
}

/* The places from first on that lie in one mapping; returns their number. */
static size_t place_mapping(struct encoding *encoding, const struct profile_facts *facts,
			    size_t first)
{
	uint64_t id = encoding->places[first].frame >> FRAME_ADDRESS_BITS;
	size_t count = 1;
	while (first + count < encoding->place_count &&
	       encoding->places[first + count].frame >> FRAME_ADDRESS_BITS == id)
		count++;
	const struct mapping *mapping = maps_at(encoding->profile->maps, (uint32_t)id);
	uint32_t pprof_id = add_mapping(encoding->pprof, mapping);
	name_places(encoding, facts, mapping, first, count);
	for (size_t i = first; i < first + count; i++) {
		struct place *place = &encoding->places[i];
		bool named = place->function;
		if (!named)
			place->function = unnamed_function(encoding->pprof, mapping);
		place->location = pprof_location(encoding->pprof, pprof_id, encoding->addresses[i],
						 place->function);
	}
	return count;
}

static void add_ends(struct encoding *encoding)
{
	static const char *const names[] = {
		[UNWIND_COMPLETE] = NULL,
		[UNWIND_TRUNCATED] = "[truncated]",
		[UNWIND_LOST] = "[unknown]",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i])
			encoding->ends[i] = pprof_location(
				encoding->pprof, 0, 0,
				pprof_function(encoding->pprof, names[i], NULL, NULL));
}

static void add_sample(const struct encoding *encoding, const struct stack *stack)
{
	uint32_t locations[UNWIND_FRAMES_MAX + 1];
	size_t count = 0;
	for (uint32_t i = 0; i < stack->count && i < UNWIND_FRAMES_MAX; i++) {
		uint64_t frame = encoding->profile->frames[stack->first + i];
		locations[count++] = find_place(encoding, frame)->location;
	}
	if (encoding->ends[stack->end])
		locations[count++] = encoding->ends[stack->end];
	const char *name =
		stack->tid ? profile_thread_name(encoding->profile, stack->tid) : "[short-lived]";
	struct pprof_label labels[2];
	size_t label_count = 0;
	if (stack->tid)
		labels[label_count++] = (struct pprof_label){.key = "thread_id", .num = stack->tid};
	if (name)
		labels[label_count++] = (struct pprof_label){.key = "thread", .str = name};
	int64_t values[] = {(int64_t)stack->samples, (int64_t)stack->weight_ns};
	struct pprof_sample sample = {locations, count, values, labels, label_count};
	pprof_sample(encoding->pprof, &sample);
}

static void add_head(struct pprof *pprof, const struct profile_facts *facts)
{
	pprof_sample_type(pprof, "samples", "count");
	pprof_sample_type(pprof, "cpu", "nanoseconds");
	pprof_period(pprof, "cpu", "nanoseconds", (int64_t)facts->period_ns);
	pprof_time(pprof, (int64_t)facts->start_ns, (int64_t)facts->duration_ns);
	for (size_t i = 0; i < facts->comment_count; i++)
		pprof_comment(pprof, facts->comments[i]);
}

int profile_encode(const struct profile *profile, const struct profile_facts *facts,
		   uint8_t **bytes, size_t *size)
{
	if (!profile->stack_count)
		return -ENODATA;
	struct encoding encoding = {.profile = profile, .pprof = pprof_create()};
	int error = -ENOMEM;
	if (!encoding.pprof || !collect_places(&encoding))
		goto out;
	add_head(encoding.pprof, facts);
	for (size_t first = 0; first < encoding.place_count;)
		first += place_mapping(&encoding, facts, first);
	add_ends(&encoding);
	for (uint32_t i = 0; i < profile->stack_count; i++)
		add_sample(&encoding, &profile->stacks[i]);
	error = pprof_encode(encoding.pprof, bytes, size);
out:
	pprof_destroy(encoding.pprof);
	free(encoding.places);
	free(encoding.addresses);
	return error;
}
