/* SPDX-License-Identifier: Apache-2.0 */
/* docket.c -- what the index knows of a profile, as bytes that travel with its body.
 *
 * A version, seven numbers, the key and the totals, all little-endian, then
 * the texts, each ended by a NUL.
 */
#include "collector/docket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	VERSION = 1,
	NUMBERS = 8,
	TEXTS = 5,
	NUMBERS_SIZE = 8 * NUMBERS,
	FIXED_SIZE = STORE_KEY_SIZE + NUMBERS_SIZE,
};

static void put_number(uint8_t *to, uint64_t number)
{
	for (size_t i = 0; i < 8; i++)
		to[i] = (uint8_t)(number >> 8 * i);
}

static uint64_t get_number(const uint8_t *from)
{
	uint64_t number = 0;
	for (size_t i = 8; i-- > 0;)
		number = number << 8 | from[i];
	return number;
}

uint8_t *docket_pack(const struct docket *docket, size_t *size)
{
	const struct store_profile *profile = &docket->profile;
	const char *const texts[TEXTS] = {profile->service, profile->type, profile->labels,
					  profile->sample_types, docket->rule};
	const uint64_t numbers[NUMBERS] = {
		VERSION,
		(uint64_t)profile->time_ns,
		(uint64_t)profile->duration_ns,
		(uint64_t)profile->arrived_ns,
		profile->size,
		docket->form,
		(uint64_t)docket->row,
		profile->total_count,
	};
	*size = FIXED_SIZE + 8 * profile->total_count;
	for (size_t i = 0; i < TEXTS; i++)
		*size += strlen(texts[i]) + 1;
	uint8_t *bytes = *size <= DOCKET_MAX ? malloc(*size) : NULL;
	if (!bytes)
		return NULL;
	uint8_t *at = bytes;
	for (size_t i = 0; i < NUMBERS; i++, at += 8)
		put_number(at, numbers[i]);
	memcpy(at, profile->key, STORE_KEY_SIZE);
	at += STORE_KEY_SIZE;
	for (size_t i = 0; i < profile->total_count; i++, at += 8)
		put_number(at, (uint64_t)profile->totals[i]);
	for (size_t i = 0; i < TEXTS; i++)
		at = (uint8_t *)stpcpy((char *)at, texts[i]) + 1;
	return bytes;
}

/* The text at *at, which moves behind it; NULL when no NUL ends it before end. */
static const char *take_text(const uint8_t **at, const uint8_t *end)
{
	const uint8_t *begin = *at;
	const uint8_t *nul = memchr(begin, '\0', (size_t)(end - begin));
	if (nul)
		*at = nul + 1;
	return nul ? (const char *)begin : NULL;
}

int docket_unpack(struct docket *docket, const uint8_t *bytes, size_t size)
{
	struct store_profile *profile = &docket->profile;
	uint64_t numbers[NUMBERS];
	const uint8_t *end = bytes + size;
	if (size < FIXED_SIZE)
		return -EBADMSG;
	for (size_t i = 0; i < NUMBERS; i++)
		numbers[i] = get_number(bytes + 8 * i);
	uint64_t total_count = numbers[NUMBERS - 1];
	if (numbers[0] != VERSION || numbers[5] > DOCKET_SUM || total_count > STORE_TOTALS_MAX ||
	    size - FIXED_SIZE < 8 * total_count)
		return -EBADMSG;
	*profile = (struct store_profile){
		.time_ns = (int64_t)numbers[1],
		.duration_ns = (int64_t)numbers[2],
		.arrived_ns = (int64_t)numbers[3],
		.size = numbers[4],
		.total_count = (size_t)total_count,
	};
	docket->form = (enum docket_form)numbers[5];
	docket->row = (int64_t)numbers[6];
	memcpy(profile->key, bytes + NUMBERS_SIZE, STORE_KEY_SIZE);
	const uint8_t *at = bytes + FIXED_SIZE;
	for (size_t i = 0; i < total_count; i++, at += 8)
		profile->totals[i] = (int64_t)get_number(at);
	const char **const texts[TEXTS] = {&profile->service, &profile->type, &profile->labels,
					   &profile->sample_types, &docket->rule};
	for (size_t i = 0; i < TEXTS; i++)
		if (!(*texts[i] = take_text(&at, end)))
			return -EBADMSG;
	return at == end && *profile->service && *profile->type ? 0 : -EBADMSG;
}
