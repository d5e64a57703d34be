/* SPDX-License-Identifier: Apache-2.0 */
/* profile_encode.c -- names for the addresses of a period, then the period as pprof. */
#include "core/profile_table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/symbols.h"
#include "encoder/pprof.h"

enum { NAME_SIZE = 256 };

struct value_type {
	const char *name, *unit;
};

/* The names that viewers know (google/pprof's, and those of Go's runtime/pprof). */
static const struct {
	int count;
	struct value_type values[PROFILE_VALUES_MAX];
	struct value_type period;
	const char *shown_first;
} kinds[PROFILE_KINDS] = {
	[PROFILE_CPU] = {2,
			 {{"samples", "count"}, {"cpu", "nanoseconds"}},
			 {"cpu", "nanoseconds"},
			 NULL},
	[PROFILE_HEAP] = {4,
			  {{"alloc_objects", "count"},
			   {"alloc_space", "bytes"},
			   {"inuse_objects", "count"},
			   {"inuse_space", "bytes"}},
			  {"space", "bytes"},
			  "inuse_space"},
};

int profile_value_count(enum profile_kind kind)
{
	return kinds[kind].count;
}

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

static size_t thread_labels(const struct profile *profile, const struct stack *stack,
			    struct pprof_label labels[2])
{
	const char *name = stack->tag ? profile_thread_name(profile, stack->tag) : "[short-lived]";
	size_t count = 0;
	if (stack->tag)
		labels[count++] = (struct pprof_label){.key = "thread_id", .num = stack->tag};
	if (name)
		labels[count++] = (struct pprof_label){.key = "thread", .str = name};
	return count;
}

/* How large its blocks are, as Go has it: readers take the key for the unit. */
static size_t size_label(const struct stack *stack, struct pprof_label labels[1])
{
	const double *values = stack->values;
	double blocks = values[HEAP_ALLOC_BLOCKS] + values[HEAP_LIVE_BLOCKS];
	double bytes = values[HEAP_ALLOC_BYTES] + values[HEAP_LIVE_BYTES];
	if (blocks <= 0)
		return 0;
	labels[0] = (struct pprof_label){.key = "bytes", .num = llround(bytes / blocks)};
	return 1;
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
	struct pprof_label labels[2];
	int64_t values[PROFILE_VALUES_MAX];
	bool says_anything = false;
	for (int i = 0; i < kinds[encoding->profile->kind].count; i++) {
		values[i] = llround(stack->values[i]);
		says_anything |= values[i] != 0;
	}
	struct pprof_sample sample = {locations, count, values, labels, 0};
	sample.label_count = encoding->profile->kind == PROFILE_CPU
				     ? thread_labels(encoding->profile, stack, labels)
				     : size_label(stack, labels);
	if (says_anything)
		pprof_sample(encoding->pprof, &sample);
}

static void add_head(struct pprof *pprof, enum profile_kind kind, const struct profile_facts *facts)
{
	for (int i = 0; i < kinds[kind].count; i++)
		pprof_sample_type(pprof, kinds[kind].values[i].name, kinds[kind].values[i].unit);
	if (kinds[kind].shown_first)
		pprof_default_type(pprof, kinds[kind].shown_first);
	pprof_period(pprof, kinds[kind].period.name, kinds[kind].period.unit,
		     (int64_t)facts->period);
	pprof_time(pprof, (int64_t)facts->start_ns, (int64_t)facts->duration_ns);
	for (size_t i = 0; i < facts->comment_count; i++)
		pprof_comment(pprof, facts->comments[i]);
}

int profile_encode(const struct profile *profile, const struct profile_facts *facts,
		   uint8_t **bytes, size_t *size)
{
	if (!profile || !profile->stack_count)
		return -ENODATA;
	struct encoding encoding = {.profile = profile, .pprof = pprof_create()};
	int error = -ENOMEM;
	if (!encoding.pprof || !collect_places(&encoding))
		goto out;
	add_head(encoding.pprof, profile->kind, facts);
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
