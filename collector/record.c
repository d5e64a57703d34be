/* SPDX-License-Identifier: Apache-2.0 */
/* record.c -- a sheet as few bytes: writing. */
#include "collector/record.h"

#include "collector/record_format.h"
#include "collector/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum {
	LEVEL = 3,
	PREDICTORS_MAX = 4, /* columns that one is compared with */
};

static void put_signed(struct bytes *b, int64_t value)
{
	bytes_varint(b, wire_zigzag(value));
}

static int64_t difference(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b);
}

static void put_head(struct bytes *b, const struct sheet *s)
{
	bytes_varint(b, s->type_count);
	for (uint32_t i = 0; i < s->type_count; i++) {
		bytes_varint(b, s->types[i].type);
		bytes_varint(b, s->types[i].unit);
	}
	bytes_varint(b, s->period_type.type);
	bytes_varint(b, s->period_type.unit);
	bytes_varint(b, s->drop_frames);
	bytes_varint(b, s->keep_frames);
	bytes_varint(b, s->default_type);
	bytes_varint(b, s->doc_url);
	put_signed(b, s->time_ns);
	put_signed(b, s->duration_ns);
	put_signed(b, s->period);
	bytes_varint(b, s->comment_count);
	for (uint32_t i = 0; i < s->comment_count; i++) {
		bytes_varint(b, s->comments[i].size);
		bytes_put(b, s->comments[i].bytes, s->comments[i].size);
	}
}

static void put_bases(struct bytes *b, const struct sheet *s)
{
	uint64_t last = 0;
	bytes_varint(b, s->base_count);
	bytes_varint(b,
		     (s->is_main_idle ? RECORD_MAIN_IDLE : 0) | (s->base_orders ? RECORD_SUM : 0));
	for (uint32_t i = 0; i < s->base_count; i++) {
		uint64_t start = s->bases[i].start;
		bytes_varint(b, s->bases[i].mapping);
		/* Pages: the low bits, which are 0, become the high ones. */
		bytes_varint(b,
			     record_rotate(wire_zigzag(difference(start, last)), RECORD_PAGE_BITS));
		last = start;
	}
}

static void put_orders(struct bytes *b, const struct sheet_order *orders, uint32_t count,
		       struct sheet_order *last)
{
	for (uint32_t i = 0; i < count; i++) {
		put_signed(b, difference((uint64_t)orders[i].time_ns, (uint64_t)last->time_ns));
		put_signed(b, difference(orders[i].sequence, last->sequence));
		bytes_varint(b, orders[i].place);
		*last = orders[i];
	}
}

static void put_rows(struct bytes *b, const struct sheet *s)
{
	uint32_t stack = 0, labels = 0;
	bytes_varint(b, s->row_count);
	for (uint32_t i = 0; i < s->row_count; i++) {
		put_signed(b, (int64_t)s->rows[i].stack - stack);
		stack = s->rows[i].stack;
	}
	for (uint32_t i = 0; i < s->row_count; i++) {
		put_signed(b, (int64_t)s->rows[i].labels - labels);
		labels = s->rows[i].labels;
	}
}

/* ---- values -------------------------------------------------------------------------------------
 */

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* The largest number that divides a whole column; 1 for a column of zeros, and where the quotient
 * of INT64_MIN would have no room. */
static int64_t factor_of(const struct sheet *s, uint32_t column)
{
	uint64_t factor = 0;
	for (uint32_t i = 0; i < s->row_count && factor != 1; i++)
		factor = gcd(magnitude(s->values[(size_t)i * s->type_count + column]), factor);
	return factor && factor <= INT64_MAX ? (int64_t)factor : 1;
}

static int64_t quotient(const struct sheet *s, const int64_t *factors, uint32_t row,
			uint32_t column)
{
	return s->values[(size_t)row * s->type_count + column] / factors[column];
}

static int64_t residue(const struct sheet *s, const int64_t *factors, uint32_t row, uint32_t column,
		       uint32_t predictor)
{
	int64_t value = quotient(s, factors, row, column);
	if (!predictor)
		return value;
	return difference((uint64_t)value, (uint64_t)quotient(s, factors, row, column - predictor));
}

/* About the bits of a column that is predicted by the one that many before it, or by none. */
static size_t cost(const struct sheet *s, const int64_t *factors, uint32_t column,
		   uint32_t predictor)
{
	size_t bits = 0;
	for (uint32_t i = 0; i < s->row_count; i++) {
		uint64_t coded = wire_zigzag(residue(s, factors, i, column, predictor));
		bits += coded ? 64 - (unsigned)__builtin_clzll(coded) : 0;
	}
	return bits;
}

static uint32_t best_predictor(const struct sheet *s, const int64_t *factors, uint32_t column)
{
	uint32_t best = 0;
	size_t least = cost(s, factors, column, 0);
	for (uint32_t p = 1; p <= column && p <= PREDICTORS_MAX && least; p++) {
		size_t bits = cost(s, factors, column, p);
		if (bits < least) {
			least = bits;
			best = p;
		}
	}
	return best;
}

static bool put_values(struct bytes *b, const struct sheet *s)
{
	int64_t *factors = calloc(s->type_count + 1, sizeof(*factors));
	if (!factors)
		return false;
	for (uint32_t k = 0; k < s->type_count; k++) {
		factors[k] = factor_of(s, k);
		uint32_t predictor = best_predictor(s, factors, k);
		bytes_varint(b, (uint64_t)factors[k]);
		bytes_varint(b, predictor);
		for (uint32_t i = 0; i < s->row_count; i++)
			put_signed(b, residue(s, factors, i, k, predictor));
	}
	free(factors);
	return true;
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

struct sorted_row {
	struct sheet_row row;
	uint32_t was;
};

static int row_order(const void *a, const void *b)
{
	const struct sorted_row *x = a, *y = b;
	if (x->row.stack != y->row.stack)
		return x->row.stack < y->row.stack ? -1 : 1;
	if (x->row.labels != y->row.labels)
		return x->row.labels < y->row.labels ? -1 : 1;
	return (x->was > y->was) - (x->was < y->was);
}

/* One allocation holds the rows in their new order, and behind them the values. */
static bool sort_rows(struct sheet *s)
{
	size_t types = s->type_count, count = s->row_count;
	struct sorted_row *rows = calloc(count + 1, sizeof(*rows));
	int64_t *values = calloc(count * types + 1, sizeof(*values));
	for (uint32_t i = 0; rows && values && i < count; i++)
		rows[i] = (struct sorted_row){s->rows[i], i};
	if (rows && values) {
		qsort(rows, count, sizeof(*rows), row_order);
		memcpy(values, s->values, count * types * sizeof(*values));
		for (uint32_t i = 0; i < count; i++) {
			s->rows[i] = rows[i].row;
			memcpy(s->values + i * types, values + rows[i].was * types,
			       types * sizeof(*values));
		}
	}
	bool sorted = rows && values;
	free(rows);
	free(values);
	return sorted;
}

static void compress(struct bytes *to, const struct bytes *body, ZSTD_CCtx *zstd)
{
	size_t most = ZSTD_compressBound(body->size);
	if (!bytes_reserve(to, most + 2))
		return;
	uint8_t *at = to->at + to->size;
	size_t size = zstd ? ZSTD_compressCCtx(zstd, at + 2, most, body->at, body->size, LEVEL)
			   : ZSTD_compress(at + 2, most, body->at, body->size, LEVEL);
	bool shrinks = !ZSTD_isError(size) && size < body->size;
	if (shrinks) {
		to->size += size + 2;
	} else {
		to->size += 2;
		bytes_put(to, body->at, body->size);
	}
	at[0] = RECORD_VERSION;
	at[1] = shrinks ? RECORD_ZSTD : RECORD_PLAIN;
}

int record_encode(struct sheet *s, struct bytes *to, ZSTD_CCtx *zstd)
{
	struct bytes body = {.max = RECORD_BODY_MAX};
	bool good = sort_rows(s);
	if (good) {
		put_head(&body, s);
		put_bases(&body, s);
		struct sheet_order last = {.time_ns = s->time_ns};
		if (s->base_orders) {
			put_orders(&body, s->comment_orders, s->comment_count, &last);
			put_orders(&body, s->base_orders, s->base_count, &last);
		}
		put_rows(&body, s);
		good = put_values(&body, s);
	}
	if (!to->error)
		to->error = good ? body.error : -ENOMEM;
	if (!to->error)
		compress(to, &body, zstd);
	bytes_free(&body);
	return to->error;
}
