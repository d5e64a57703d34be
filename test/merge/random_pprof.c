/* SPDX-License-Identifier: Apache-2.0 */
/* random_pprof.c -- valid profiles as strange as the format allows. */
#include "test/merge/random_pprof.h"

#include "collector/wire.h"

#include <stdio.h>

enum {
	FUNCTIONS = 40, /* of the family */
	MAPPINGS = 6,
	LOCATIONS = 60,
	TYPES_MAX = 4,
	TEXTS_MAX = 1024, /* of a profile */
	IDS_MAX = 64,
	DEPTH_MAX = 12,
	SAMPLES_MAX = 60,
};

struct random {
	uint64_t state;
};

/* A generator has two: what the family has in common, and what is this profile's own. */
struct maker {
	const struct random_pprof *wanted;
	struct random own;
	struct bytes *out;
	struct bytes message, part; /* one in hand, and one within it */
	char texts[TEXTS_MAX][24];
	uint32_t text_count, type_count;
	uint64_t functions[FUNCTIONS], mappings[MAPPINGS], locations[LOCATIONS]; /* ids */
	uint64_t starts[MAPPINGS];
	bool lacks_maps;
};

static uint64_t next(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint32_t below(struct random *r, uint32_t limit)
{
	return (uint32_t)(next(r) % limit);
}

static bool one_in(struct random *r, uint32_t n)
{
	return !below(r, n);
}

/* What the family says of one of its things: the same for every member. */
static struct random about(const struct maker *m, uint64_t what, uint64_t number)
{
	struct random r = {m->wanted->family * 1000003 + what * 8191 + number};
	next(&r);
	return r;
}

/* The index of a text; now and then one that is there already comes again. */
static uint64_t text(struct maker *m, const char *wanted)
{
	for (uint32_t i = 0; i < m->text_count && !one_in(&m->own, 12); i++)
		if (!strcmp(m->texts[i], wanted))
			return i;
	if (m->text_count == TEXTS_MAX)
		return 0;
	snprintf(m->texts[m->text_count], sizeof(m->texts[0]), "%s", wanted);
	return m->text_count++;
}

static uint64_t text_of(struct maker *m, const char *prefix, uint32_t number)
{
	char name[24];
	snprintf(name, sizeof(name), "%s%u", prefix, number);
	return text(m, name);
}

/* A field from the future, of any kind. */
static void put_unknown(struct maker *m, struct bytes *to)
{
	static const unsigned numbers[] = {16, 31, 200, 5000};
	unsigned number = numbers[below(&m->own, 4)];
	switch (below(&m->own, 12)) {
	case 0:
		bytes_number(to, number, next(&m->own) | 1);
		break;
	case 1:
		bytes_field(to, number, "future", below(&m->own, 7));
		break;
	case 2:
		bytes_varint(to, number << 3 | WIRE_FIXED64);
		bytes_put(to, "8 bytes.", 8);
		break;
	case 3:
		bytes_varint(to, number << 3 | WIRE_FIXED32);
		bytes_put(to, "four", 4);
		break;
	default:
		break;
	}
}

static void end_message(struct maker *m, struct bytes *to, unsigned field, struct bytes *from)
{
	put_unknown(m, from);
	bytes_field(to, field, from->at, from->size);
	bytes_clear(from);
}

static void put_numbers(struct maker *m, unsigned field, const uint64_t *numbers, uint32_t count)
{
	uint32_t packed = one_in(&m->own, 3) ? below(&m->own, count + 1) : count;
	for (uint32_t i = 0; i < packed; i++)
		bytes_varint(&m->part, numbers[i]);
	if (packed || one_in(&m->own, 2))
		bytes_field(&m->message, field, m->part.at, m->part.size);
	bytes_clear(&m->part);
	for (uint32_t i = packed; i < count; i++) {
		bytes_varint(&m->message, field << 3 | WIRE_VARINT);
		bytes_varint(&m->message, numbers[i]);
	}
}

static void put_type(struct maker *m, unsigned field, const char *prefix, uint32_t number)
{
	bytes_number(&m->message, 1, text_of(m, prefix, number));
	bytes_number(&m->message, 2, text(m, number % 2 ? "count" : "bytes"));
	end_message(m, m->out, field, &m->message);
}

static void put_label(struct maker *m, uint32_t number)
{
	struct random *r = &m->own;
	bytes_number(&m->part, 1, one_in(r, 20) ? 0 : text_of(m, "key", number));
	switch (below(r, 8)) {
	case 0: /* nothing of it is to be seen */
		break;
	case 1: /* both: the number does not count, nor does its unit, wherever that is */
		bytes_number(&m->part, 2, text_of(m, "value", below(r, 3)));
		bytes_number(&m->part, 3, 77);
		bytes_number(&m->part, 4, 1U << 20);
		break;
	case 2:
	case 3:
		bytes_number(&m->part, 2, text_of(m, "value", below(r, 3)));
		break;
	case 4:
		bytes_number(&m->part, 4, text_of(m, "unit", below(r, 2)));
		break;
	case 5:
		bytes_number(&m->part, 3, 1 + below(r, 3));
		bytes_number(&m->part, 4, text_of(m, "unit", below(r, 2)));
		break;
	default:
		bytes_number(&m->part, 3, below(r, 2) ? UINT64_MAX : 1 + below(r, 3));
		break;
	}
	end_message(m, &m->message, 3, &m->part);
}

static uint64_t value(struct maker *m)
{
	switch (below(&m->own, 6)) {
	case 0:
		return 0;
	case 1:
		return (uint64_t)0 - below(&m->own, 3);
	case 2:
		return next(&m->own);
	default:
		return below(&m->own, 3);
	}
}

static void put_sample(struct maker *m)
{
	uint64_t numbers[DEPTH_MAX];
	struct random stack = about(m, 1, below(&m->own, 12));
	uint32_t depth = below(&stack, DEPTH_MAX);
	for (uint32_t i = 0; i < depth; i++)
		numbers[i] = m->locations[below(&stack, LOCATIONS)];
	put_numbers(m, 1, numbers, depth);
	for (uint32_t i = 0; i < m->type_count; i++)
		numbers[i] = value(m);
	put_numbers(m, 2, numbers, m->type_count);
	for (uint32_t i = one_in(&m->own, 2) ? below(&m->own, 4) : 0; i-- > 0;)
		put_label(m, below(&m->own, 2));
	end_message(m, m->out, 2, &m->message);
}

static void put_mapping(struct maker *m, uint32_t i)
{
	struct random r = about(m, 2, i);
	uint32_t pages = 1 + below(&r, 40), kind = below(&r, 4);
	uint64_t limit = m->starts[i] + pages * 4096ULL - below(&m->own, 3);
	bytes_number(&m->message, 1, m->mappings[i]);
	bytes_number(&m->message, 2, m->starts[i]);
	bytes_number(&m->message, 3, limit);
	bytes_number(&m->message, 4, below(&r, 3) * 4096ULL);
	if (kind != 0)
		bytes_number(&m->message, 5,
			     text_of(m, "/no/such/lib", one_in(&m->own, 3) ? 9 : i));
	if (kind == 1 || kind == 2)
		bytes_number(&m->message, 6, text_of(m, "/no/such/lib", 7 + i % 2));
	for (unsigned flag = 7; flag <= 10; flag++)
		bytes_number(&m->message, flag, below(&m->own, 3));
	end_message(m, m->out, 3, &m->message);
}

static void put_line(struct maker *m, struct random *r)
{
	bytes_number(&m->part, 1, m->functions[below(r, FUNCTIONS)]);
	bytes_number(&m->part, 2, one_in(r, 9) ? UINT64_MAX - 4 : below(r, 100));
	if (m->wanted->has_columns)
		bytes_number(&m->part, 3, below(&m->own, 2));
	end_message(m, &m->message, 4, &m->part);
}

static void put_location(struct maker *m, uint32_t i)
{
	struct random r = about(m, 3, i / 2); /* two and two are the same */
	uint32_t mapping = below(&r, MAPPINGS + 2);
	bool has_mapping = mapping < MAPPINGS && !m->lacks_maps;
	uint64_t address = below(&r, 9000) + (has_mapping ? m->starts[mapping] : 0);
	bytes_number(&m->message, 1, m->locations[i]);
	if (has_mapping)
		bytes_number(&m->message, 2, m->mappings[mapping]);
	else if (one_in(&m->own, 3))
		bytes_number(&m->message, 2, 1ULL << 50); /* nobody's */
	bytes_number(&m->message, 3, address);
	for (uint32_t lines = below(&r, 4); lines-- > 0;)
		put_line(m, &r);
	bytes_number(&m->message, 5, one_in(&r, 8));
	end_message(m, m->out, 4, &m->message);
}

static void put_function(struct maker *m, uint32_t i)
{
	struct random r = about(m, 4, i / 2);
	bytes_number(&m->message, 1, m->functions[i]);
	bytes_number(&m->message, 2, text_of(m, "function", below(&r, 15)));
	bytes_number(&m->message, 3, one_in(&r, 2) ? text_of(m, "system", below(&r, 5)) : 0);
	bytes_number(&m->message, 4, text_of(m, "file", below(&r, 4)));
	bytes_number(&m->message, 5, one_in(&r, 2) ? below(&r, 100) : 0);
	end_message(m, m->out, 5, &m->message);
}

static void make_ids(struct maker *m, uint64_t *ids, uint32_t count)
{
	uint32_t how = below(&m->own, 3);
	uint64_t id = 0;
	for (uint32_t i = 0; i < count; i++) {
		id += how ? 1 + below(&m->own, how == 1 ? 3 : 1 << 20) : 1;
		ids[i] = id;
	}
	for (uint32_t i = count; how && i-- > 1;) {
		uint32_t other = below(&m->own, i + 1);
		uint64_t kept = ids[i];
		ids[i] = ids[other];
		ids[other] = kept;
	}
}

static void put_head(struct maker *m)
{
	struct random family = about(m, 5, 0), *r = &m->own;
	uint32_t types = 1 + below(&family, TYPES_MAX), period = below(&family, 3);
	m->type_count = types + m->wanted->is_alien;
	for (uint32_t i = 0; i < m->type_count; i++)
		put_type(m, 1, "type", i);
	if (one_in(r, 4))
		bytes_number(m->out, 7, text(m, "function1.*"));
	if (one_in(r, 8))
		bytes_number(m->out, 8, text(m, "function11"));
	uint64_t time = one_in(r, 5) ? 0 : 1700000000000000000 + below(r, 1 << 30);
	bytes_number(m->out, 9, m->wanted->has_time ? (uint64_t)m->wanted->time_ns : time);
	bytes_number(m->out, 10, below(r, 3) * 1000000007ULL);
	if (period)
		put_type(m, 11, "period", period);
	bytes_number(m->out, 12, one_in(r, 5) ? 0 : below(r, 100));
	for (uint32_t i = below(r, 4); i-- > 0;) {
		bytes_varint(m->out, 13 << 3 | WIRE_VARINT);
		bytes_varint(m->out, one_in(r, 9) ? 0 : text_of(m, "comment", below(r, 5)));
	}
	bytes_number(m->out, 14, one_in(r, 3) ? text_of(m, "type", below(r, types)) : 0);
	bytes_number(m->out, 15, one_in(r, 3) ? text(m, "https://example.org/") : 0);
}

static void put_tables(struct maker *m)
{
	for (uint32_t i = 0; i < LOCATIONS; i++)
		put_location(m, i);
	for (uint32_t i = 0; i < FUNCTIONS; i++)
		put_function(m, i);
	for (uint32_t i = 0, at = below(&m->own, MAPPINGS); i < MAPPINGS && !m->lacks_maps; i++)
		put_mapping(m, (at + i) % MAPPINGS);
}

static void put_samples(struct maker *m)
{
	for (uint32_t count = below(&m->own, SAMPLES_MAX); count-- > 0;)
		put_sample(m);
}

void random_pprof(const struct random_pprof *wanted, struct bytes *out)
{
	struct maker maker = {.wanted = wanted, .out = out}, *m = &maker;
	m->own.state = wanted->family * 31 + wanted->member * 0x10001 + 77;
	m->text_count = 1;
	m->lacks_maps = wanted->may_lack_maps && one_in(&m->own, 4);
	make_ids(m, m->functions, FUNCTIONS);
	make_ids(m, m->mappings, MAPPINGS);
	make_ids(m, m->locations, LOCATIONS);
	for (uint32_t i = 0; i < MAPPINGS; i++)
		m->starts[i] = (1 + below(&m->own, 1 << 20)) * 4096ULL;
	put_head(m);
	bool samples_first = one_in(&m->own, 2);
	if (samples_first)
		put_samples(m);
	put_tables(m);
	if (!samples_first)
		put_samples(m);
	for (uint32_t i = 0; i < m->text_count; i++)
		bytes_field(m->out, 6, m->texts[i], strlen(m->texts[i]));
	bytes_free(&m->message);
	bytes_free(&m->part);
}
