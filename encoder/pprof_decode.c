/* SPDX-License-Identifier: Apache-2.0 */
/* pprof_decode.c -- the bytes of a pprof profile, from anywhere, become a profile that can be
 * trusted. */
#include "encoder/pprof_decode.h"

#include "encoder/gzip.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The state of one decoding. The first complaint is the one that is told. */
struct check {
	const Perftools__Profiles__Profile *profile;
	char *text;
	int error;
};

__attribute__((format(printf, 3, 4))) static bool complain(struct check *c, int error,
							   const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	if (!c->error) {
		c->error = error;
		vsnprintf(c->text, PPROF_ERROR_SIZE, format, arguments);
	}
	va_end(arguments);
	return false;
}

static bool bad(struct check *c, const char *what, size_t row, const char *why)
{
	return complain(c, -EBADMSG, "%s %zu %s", what, row, why);
}

/* A wire byte can become forty of memory: a bomb that the limit on raw bytes would not stop. */
struct budget {
	size_t left;
	bool exceeded, failed;
};

static void *budget_alloc(void *data, size_t size)
{
	struct budget *budget = data;
	budget->exceeded |= size > budget->left;
	if (budget->exceeded)
		return NULL;
	budget->left -= size;
	void *memory = malloc(size);
	budget->failed |= !memory;
	return memory;
}

static void budget_free(void *data, void *memory)
{
	(void)data;
	free(memory);
}

struct reader {
	const uint8_t *at, *end;
};

static bool read_varint(struct reader *r, uint64_t *value)
{
	*value = 0;
	for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
		uint8_t byte = *r->at++;
		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return true;
	}
	return false;
}

/* Steps over one field of a message. *value is what a varint field holds, else 0. */
static bool read_field(struct reader *r, uint64_t *key, uint64_t *value)
{
	enum { VARINT, FIXED64, BYTES, FIXED32 = 5 };
	uint64_t skip = 0;
	*value = 0;
	if (!read_varint(r, key))
		return false;
	if ((*key & 7) == VARINT)
		return read_varint(r, value);
	if ((*key & 7) == FIXED64)
		skip = 8;
	else if ((*key & 7) == FIXED32)
		skip = 4;
	else if ((*key & 7) != BYTES || !read_varint(r, &skip))
		return false;
	if (skip > (uint64_t)(r->end - r->at))
		return false;
	r->at += skip;
	return true;
}

/* Messages laid end to end merge silently; two times tell two profiles from one. */
static bool check_single(struct check *c, const uint8_t *bytes, size_t size)
{
	enum { TIME_NANOS = 9 };
	struct reader r = {bytes, bytes + size};
	uint64_t key, value;
	unsigned times = 0;
	while (r.at < r.end) {
		if (!read_field(&r, &key, &value))
			return complain(c, -EBADMSG, "not a pprof profile: bad bytes at offset %zu",
					(size_t)(r.at - bytes));
		if (key >> 3 == TIME_NANOS && value && times++)
			return complain(c, -EBADMSG, "two profiles laid end to end");
	}
	return true;
}

static bool is_text(const struct check *c, int64_t index)
{
	return index >= 0 && (uint64_t)index < c->profile->n_string_table;
}

static bool check_head(struct check *c)
{
	const Perftools__Profiles__Profile *p = c->profile;
	const Perftools__Profiles__ValueType *period = p->period_type;
	if (!p->n_string_table || p->string_table[0][0])
		return complain(c, -EBADMSG, "string_table[0] is not \"\"");
	if (!is_text(c, p->drop_frames) || !is_text(c, p->keep_frames) || !is_text(c, p->doc_url) ||
	    !is_text(c, p->default_sample_type))
		return complain(c, -EBADMSG, "a text is beyond the string table");
	if (period && (!is_text(c, period->type) || !is_text(c, period->unit)))
		return complain(c, -EBADMSG, "the period type's text is beyond the string table");
	for (size_t i = 0; i < p->n_comment; i++)
		if (!is_text(c, p->comment[i]))
			return bad(c, "comment", i, "is beyond the string table");
	for (size_t i = 0; i < p->n_sample_type; i++)
		if (!is_text(c, p->sample_type[i]->type) || !is_text(c, p->sample_type[i]->unit))
			return bad(c, "sample type", i, "has a text beyond the string table");
	return true;
}

/* The ids of one table, in ascending order, each with its row; none when they are 1...n already. */
struct ids {
	size_t count;
	struct id {
		uint64_t id;
		size_t row;
	} * sorted;
};

static int id_order(const void *a, const void *b)
{
	uint64_t x = ((const struct id *)a)->id, y = ((const struct id *)b)->id;
	return (x > y) - (x < y);
}

/* Mapping, Location and Function all begin alike, so that one function can renumber them. */
enum { ID_OFFSET = offsetof(Perftools__Profiles__Location, id) };
_Static_assert(offsetof(Perftools__Profiles__Mapping, id) == ID_OFFSET, "ids are found by offset");
_Static_assert(offsetof(Perftools__Profiles__Function, id) == ID_OFFSET, "ids are found by offset");

static uint64_t *id_of(void *row)
{
	return (uint64_t *)(void *)((char *)row + ID_OFFSET);
}

static bool ids_are_dense(void **rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (*id_of(rows[i]) != i + 1)
			return false;
	return true;
}

static bool ids_sort(struct check *c, struct ids *ids, const char *what, void **rows)
{
	ids->sorted = calloc(ids->count, sizeof(*ids->sorted));
	if (!ids->sorted)
		return complain(c, -ENOMEM, "out of memory");
	for (size_t i = 0; i < ids->count; i++)
		ids->sorted[i] = (struct id){*id_of(rows[i]), i};
	qsort(ids->sorted, ids->count, sizeof(*ids->sorted), id_order);
	for (size_t i = 0; i < ids->count; i++) {
		if (!ids->sorted[i].id)
			return bad(c, what, ids->sorted[i].row, "has the id 0");
		if (i && ids->sorted[i].id == ids->sorted[i - 1].id)
			return bad(c, what, ids->sorted[i].row, "has the id of another one");
	}
	return true;
}

/* Learns the ids of a table and gives its rows the new ones. */
static bool ids_take(struct check *c, struct ids *ids, const char *what, void **rows)
{
	if (ids_are_dense(rows, ids->count))
		return true;
	if (!ids_sort(c, ids, what, rows))
		return false;
	for (size_t i = 0; i < ids->count; i++)
		*id_of(rows[i]) = i + 1;
	return true;
}

/* The new id for an old one, 0 when there is none. */
static uint64_t ids_find(const struct ids *ids, uint64_t old)
{
	if (!ids->sorted)
		return old <= ids->count ? old : 0;
	struct id key = {.id = old};
	const struct id *found =
		bsearch(&key, ids->sorted, ids->count, sizeof(*ids->sorted), id_order);
	return found ? found->row + 1 : 0;
}

static bool check_functions(struct check *c)
{
	for (size_t i = 0; i < c->profile->n_function; i++) {
		const Perftools__Profiles__Function *f = c->profile->function[i];
		if (!is_text(c, f->name) || !is_text(c, f->system_name) || !is_text(c, f->filename))
			return bad(c, "function", i, "has a text beyond the string table");
	}
	return true;
}

static bool check_mappings(struct check *c)
{
	for (size_t i = 0; i < c->profile->n_mapping; i++) {
		const Perftools__Profiles__Mapping *m = c->profile->mapping[i];
		if (!is_text(c, m->filename) || !is_text(c, m->build_id))
			return bad(c, "mapping", i, "has a text beyond the string table");
	}
	return true;
}

static bool check_locations(struct check *c, const struct ids *mappings,
			    const struct ids *functions)
{
	for (size_t i = 0; i < c->profile->n_location; i++) {
		Perftools__Profiles__Location *location = c->profile->location[i];
		location->mapping_id = ids_find(mappings, location->mapping_id);
		for (size_t k = 0; k < location->n_line; k++) {
			uint64_t *id = &location->line[k]->function_id;
			*id = ids_find(functions, *id);
			if (!*id)
				return bad(c, "location", i, "has a line without a function");
		}
	}
	return true;
}

static bool check_labels(struct check *c, size_t row)
{
	const Perftools__Profiles__Sample *sample = c->profile->sample[row];
	for (size_t i = 0; i < sample->n_label; i++) {
		const Perftools__Profiles__Label *label = sample->label[i];
		if (!is_text(c, label->key) || !is_text(c, label->str) ||
		    !is_text(c, label->num_unit))
			return bad(c, "sample", row, "has a label beyond the string table");
	}
	return true;
}

static bool check_samples(struct check *c, const struct ids *locations)
{
	const Perftools__Profiles__Profile *p = c->profile;
	if (p->n_sample && !p->n_sample_type)
		return complain(c, -EBADMSG, "samples without a sample type");
	for (size_t i = 0; i < p->n_sample; i++) {
		Perftools__Profiles__Sample *sample = p->sample[i];
		if (sample->n_value != p->n_sample_type)
			return bad(c, "sample", i, "has not one value per sample type");
		for (size_t k = 0; k < sample->n_location_id; k++) {
			sample->location_id[k] = ids_find(locations, sample->location_id[k]);
			if (!sample->location_id[k])
				return bad(c, "sample", i, "has a location that does not exist");
		}
		if (!check_labels(c, i))
			return false;
	}
	return true;
}

/* Ids first, then whoever names them. */
static bool check_profile(struct check *c)
{
	const Perftools__Profiles__Profile *p = c->profile;
	struct ids mappings = {.count = p->n_mapping};
	struct ids functions = {.count = p->n_function};
	struct ids locations = {.count = p->n_location};
	bool good = check_head(c) && check_mappings(c) && check_functions(c) &&
		    ids_take(c, &mappings, "mapping", (void **)p->mapping) &&
		    ids_take(c, &functions, "function", (void **)p->function) &&
		    ids_take(c, &locations, "location", (void **)p->location) &&
		    check_locations(c, &mappings, &functions) && check_samples(c, &locations);
	free(mappings.sorted);
	free(functions.sorted);
	free(locations.sorted);
	return good;
}

static Perftools__Profiles__Profile *unpack(struct check *c, const uint8_t *raw, size_t size,
					    size_t limit)
{
	struct budget budget = {.left = limit < SIZE_MAX / PPROF_HEAP_FACTOR
						? limit * PPROF_HEAP_FACTOR
						: SIZE_MAX};
	ProtobufCAllocator allocator = {budget_alloc, budget_free, &budget};
	if (size > limit) {
		complain(c, -EFBIG, "more than %zu bytes", limit);
		return NULL;
	}
	if (!size) {
		complain(c, -EBADMSG, "empty");
		return NULL;
	}
	if (!check_single(c, raw, size))
		return NULL;
	Perftools__Profiles__Profile *profile =
		perftools__profiles__profile__unpack(&allocator, size, raw);
	if (!profile && budget.exceeded)
		complain(c, -EFBIG, "needs too much memory for its %zu bytes", size);
	else if (!profile && budget.failed)
		complain(c, -ENOMEM, "out of memory");
	else if (!profile)
		complain(c, -EBADMSG, "not a pprof profile: a message is malformed");
	return profile;
}

static bool is_gzip(const uint8_t *bytes, size_t size)
{
	return size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

struct input {
	const uint8_t *raw;
	size_t size;
	uint8_t *owned; /* raw, when it had to be inflated */
};

static void input_open(struct check *c, struct input *in, size_t limit)
{
	if (!is_gzip(in->raw, in->size))
		return;
	int error = gzip_inflate(in->raw, in->size, limit, &in->owned, &in->size);
	if (error == -EFBIG)
		complain(c, error, "inflates to more than %zu bytes", limit);
	else if (error)
		complain(c, error, error == -ENOMEM ? "out of memory" : "corrupt or cut gzip");
	in->raw = in->owned;
}

int pprof_decode(const void *bytes, size_t size, size_t limit,
		 Perftools__Profiles__Profile **profile, char error[PPROF_ERROR_SIZE])
{
	struct check c = {.text = error};
	struct input in = {.raw = bytes, .size = size};
	input_open(&c, &in, limit);
	Perftools__Profiles__Profile *p = c.error ? NULL : unpack(&c, in.raw, in.size, limit);
	free(in.owned);
	c.profile = p;
	if (p && !check_profile(&c)) {
		pprof_free(p);
		p = NULL;
	}
	*profile = p;
	return c.error;
}

void pprof_free(Perftools__Profiles__Profile *profile)
{
	perftools__profiles__profile__free_unpacked(profile, NULL);
}
