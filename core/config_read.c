/* SPDX-License-Identifier: Apache-2.0 */
/* config_read.c -- from what people write into variables to values, without libc's parsers. */
#include "core/config_read.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		c |= 'a' - 'A';
	return c;
}

struct config_piece config_read_trim(struct config_piece piece)
{
	while (piece.len > 0 && is_blank(piece.start[0])) {
		piece.start++;
		piece.len--;
	}
	while (piece.len > 0 && is_blank(piece.start[piece.len - 1]))
		piece.len--;
	return piece;
}

static uint64_t saturating_product(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t saturating_sum(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

bool config_read_next(const char **rest, struct config_piece *piece)
{
	while (**rest != '\0') {
		const char *comma = strchr(*rest, ',');
		size_t len = comma ? (size_t)(comma - *rest) : strlen(*rest);

		*piece = config_read_trim((struct config_piece){*rest, len});
		*rest += comma ? len + 1 : len;
		if (piece->len > 0)
			return true;
	}
	return false;
}

static bool take_sign(struct config_piece *piece)
{
	bool negative = piece->len > 0 && piece->start[0] == '-';

	if (negative || (piece->len > 0 && piece->start[0] == '+')) {
		piece->start++;
		piece->len--;
	}
	return negative;
}

static bool take_digits(struct config_piece *piece, uint64_t *value)
{
	size_t count = 0;

	*value = 0;
	for (; count < piece->len && is_digit(piece->start[count]); count++) {
		uint64_t digit = (uint64_t)(piece->start[count] - '0');

		*value = saturating_sum(saturating_product(*value, 10), digit);
	}
	piece->start += count;
	piece->len -= count;
	return count > 0;
}

bool config_read_number(struct config_piece piece, uint64_t *value)
{
	bool negative = take_sign(&piece);

	if (!take_digits(&piece, value) || piece.len > 0)
		return false;
	if (negative)
		*value = 0;
	return true;
}

/* Milliseconds of the unit in front, 0 when there is none. */
static uint64_t take_unit(struct config_piece *piece)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};

	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t len = strlen(units[i].name);

		if (piece->len < len || memcmp(piece->start, units[i].name, len) != 0)
			continue;
		piece->start += len;
		piece->len -= len;
		return units[i].ms;
	}
	return 0;
}

/* Units only get smaller, so that each stands for itself and 1m30 is no riddle. */
static bool take_parts(struct config_piece piece, uint64_t *ms)
{
	uint64_t count, unit, last = UINT64_MAX;

	for (*ms = 0; piece.len > 0; last = unit) {
		if (!take_digits(&piece, &count))
			return false;
		unit = take_unit(&piece);
		if (unit == 0 || unit >= last)
			return false;
		*ms = saturating_sum(*ms, saturating_product(count, unit));
	}
	return last != UINT64_MAX;
}

bool config_read_duration(struct config_piece piece, uint64_t *ms)
{
	uint64_t seconds;
	bool negative;

	if (config_read_number(piece, &seconds)) {
		*ms = saturating_product(seconds, 1000);
		return true;
	}
	negative = take_sign(&piece);
	if (!take_parts(piece, ms))
		return false;
	if (negative)
		*ms = 0;
	return true;
}

bool config_read_size(struct config_piece piece, uint64_t *bytes)
{
	char unit = '\0';
	unsigned shift;

	if (piece.len > 0)
		unit = lower(piece.start[piece.len - 1]);
	shift = unit == 'k' ? 10 : unit == 'm' ? 20 : unit == 'g' ? 30 : 0;
	if (shift > 0)
		piece.len--;
	if (!config_read_number(piece, bytes))
		return false;
	*bytes = saturating_product(*bytes, (uint64_t)1 << shift);
	return true;
}

static bool equals(struct config_piece piece, const char *word)
{
	for (size_t i = 0; i < piece.len; i++)
		if (word[i] == '\0' || lower(piece.start[i]) != word[i])
			return false;
	return word[piece.len] == '\0';
}

int config_read_word(struct config_piece piece, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (equals(piece, words[i]))
			return i;
	return -1;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that %XX in front stands for, 0 when it is badly encoded. */
static char take_encoded(struct config_piece *piece)
{
	int high = piece->len >= 3 ? hex_digit(piece->start[1]) : -1;
	int low = piece->len >= 3 ? hex_digit(piece->start[2]) : -1;

	if (high < 0 || low < 0)
		return '\0';
	piece->start += 3;
	piece->len -= 3;
	return (char)(high * 16 + low);
}

bool config_read_decoded(struct config_piece piece, char *to, size_t size)
{
	size_t len = 0;

	while (piece.len > 0) {
		char byte = piece.start[0];

		if (byte == '%') {
			byte = take_encoded(&piece);
		} else {
			piece.start++;
			piece.len--;
		}
		if (byte == '\0' || len + 1 >= size)
			return false;
		to[len++] = byte;
	}
	to[len] = '\0';
	return true;
}

/* After a mismatch only the last star can give: it takes one byte more. */
bool config_read_matches(struct config_piece glob, const char *name)
{
	size_t at = 0, after_star = 0;
	const char *retry = NULL;

	while (*name != '\0') {
		if (at < glob.len && glob.start[at] == '*') {
			after_star = ++at;
			retry = name;
		} else if (at < glob.len && (glob.start[at] == '?' || glob.start[at] == *name)) {
			at++;
			name++;
		} else if (retry) {
			at = after_star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (at < glob.len && glob.start[at] == '*')
		at++;
	return at == glob.len;
}
