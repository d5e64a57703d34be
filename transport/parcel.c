/* SPDX-License-Identifier: Apache-2.0 */
/* parcel.c -- what one period sends away, and its packed form.
 *
 * Packed, little-endian: "CPPARCL1", u32 CRC-32 of all that follows, u64 start, end, seq, u32 pid,
 * service, u32 number of tags, keys and values, u32 number of profiles, types and bytes; strings
 * and bytes are preceded by their u32 length.
 */
#include "transport/parcel.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const char magic[8] = "CPPARCL1";
enum { HEAD_SIZE = sizeof magic + 4 };

struct parcel *parcel_create(const char *service)
{
	struct parcel *parcel = calloc(1, sizeof *parcel);
	if (parcel)
		parcel->service = strndup(service, PARCEL_VALUE_MAX);
	if (parcel && !parcel->service) {
		free(parcel);
		return NULL;
	}
	return parcel;
}

void parcel_destroy(struct parcel *parcel)
{
	if (!parcel)
		return;
	for (size_t i = 0; i < parcel->profile_count; i++)
		free(parcel->profiles[i].bytes);
	for (size_t i = 0; i < parcel->tag_count; i++) {
		free(parcel->tags[i].key);
		free(parcel->tags[i].value);
	}
	free(parcel->service);
	free(parcel);
}

static bool is_type(const char *type)
{
	size_t len = strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	return len && len <= PARCEL_TYPE_MAX && !type[len];
}

int parcel_add_profile(struct parcel *parcel, const char *type, uint8_t *bytes, size_t size)
{
	if (!is_type(type))
		return -EINVAL;
	if (parcel->profile_count == PARCEL_PROFILES_MAX)
		return -ENOSPC;
	struct parcel_profile *profile = &parcel->profiles[parcel->profile_count++];
	strcpy(profile->type, type); /* is_type bounds it */
	profile->bytes = bytes;
	profile->size = size;
	return 0;
}

static struct parcel_tag *find_tag(const struct parcel *parcel, const char *key)
{
	for (size_t i = 0; i < parcel->tag_count; i++)
		if (!strncmp(parcel->tags[i].key, key, PARCEL_KEY_MAX))
			return (struct parcel_tag *)&parcel->tags[i];
	return NULL;
}

int parcel_set_tag(struct parcel *parcel, const char *key, const char *value)
{
	if (!*key)
		return -EINVAL;
	struct parcel_tag *tag = find_tag(parcel, key);
	if (!tag && parcel->tag_count == PARCEL_TAGS_MAX)
		return -ENOSPC;
	char *new_value = strndup(value, PARCEL_VALUE_MAX);
	if (!new_value)
		return -ENOMEM;
	if (tag) {
		free(tag->value);
		tag->value = new_value;
		return 0;
	}
	char *new_key = strndup(key, PARCEL_KEY_MAX);
	if (!new_key) {
		free(new_value);
		return -ENOMEM;
	}
	parcel->tags[parcel->tag_count++] = (struct parcel_tag){new_key, new_value};
	return 0;
}

const char *parcel_tag(const struct parcel *parcel, const char *key)
{
	const struct parcel_tag *tag = find_tag(parcel, key);
	return tag ? tag->value : NULL;
}

size_t parcel_size(const struct parcel *parcel)
{
	size_t size = sizeof *parcel + strlen(parcel->service) + 1;
	for (size_t i = 0; i < parcel->tag_count; i++)
		size += strlen(parcel->tags[i].key) + strlen(parcel->tags[i].value) + 2;
	for (size_t i = 0; i < parcel->profile_count; i++)
		size += parcel->profiles[i].size;
	return size;
}

struct packer { /* at == NULL: only counts */
	uint8_t *at;
	size_t size;
};

static void put(struct packer *packer, const void *bytes, size_t len)
{
	if (packer->at && len)
		memcpy(packer->at + packer->size, bytes, len);
	packer->size += len;
}

static void put_number(struct packer *packer, uint64_t number, size_t width)
{
	uint8_t bytes[8];
	for (size_t i = 0; i < width; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
	put(packer, bytes, width);
}

static void put_bytes(struct packer *packer, const void *bytes, size_t len)
{
	put_number(packer, len, 4);
	put(packer, bytes, len);
}

static void put_parcel(struct packer *packer, const struct parcel *parcel)
{
	put_number(packer, parcel->start_ns, 8);
	put_number(packer, parcel->end_ns, 8);
	put_number(packer, parcel->seq, 8);
	put_number(packer, parcel->pid, 4);
	put_bytes(packer, parcel->service, strlen(parcel->service));
	put_number(packer, parcel->tag_count, 4);
	for (size_t i = 0; i < parcel->tag_count; i++) {
		put_bytes(packer, parcel->tags[i].key, strlen(parcel->tags[i].key));
		put_bytes(packer, parcel->tags[i].value, strlen(parcel->tags[i].value));
	}
	put_number(packer, parcel->profile_count, 4);
	for (size_t i = 0; i < parcel->profile_count; i++) {
		put_bytes(packer, parcel->profiles[i].type, strlen(parcel->profiles[i].type));
		put_bytes(packer, parcel->profiles[i].bytes, parcel->profiles[i].size);
	}
}

uint8_t *parcel_pack(const struct parcel *parcel, size_t *size)
{
	struct packer count = {NULL, HEAD_SIZE};
	put_parcel(&count, parcel);
	if (count.size > PARCEL_PACKED_MAX) {
		errno = EFBIG;
		return NULL;
	}
	struct packer packer = {malloc(count.size), 0};
	if (!packer.at)
		return NULL;
	put(&packer, magic, sizeof magic);
	packer.size = HEAD_SIZE;
	put_parcel(&packer, parcel);
	uint32_t crc = (uint32_t)crc32(0, packer.at + HEAD_SIZE, (uInt)(packer.size - HEAD_SIZE));
	*size = packer.size;
	packer.size = sizeof magic;
	put_number(&packer, crc, 4);
	return packer.at;
}

struct reader {
	const uint8_t *at;
	size_t left;
	int error; /* 0, EBADMSG or ENOMEM; once set, everything read is zero */
};

static const uint8_t *take(struct reader *reader, size_t len)
{
	if (reader->error || len > reader->left) {
		reader->error = reader->error ? reader->error : EBADMSG;
		return NULL;
	}
	const uint8_t *at = reader->at;
	reader->at += len;
	reader->left -= len;
	return at;
}

static uint64_t take_number(struct reader *reader, size_t width)
{
	const uint8_t *bytes = take(reader, width);
	uint64_t number = 0;
	for (size_t i = width; bytes && i-- > 0;)
		number = number << 8 | bytes[i];
	return number;
}

/* A copy from malloc of the next bytes, with a NUL behind them; NULL sets the reader's error. */
static char *take_bytes(struct reader *reader, size_t *len)
{
	*len = (size_t)take_number(reader, 4);
	const uint8_t *bytes = take(reader, *len);
	if (!bytes)
		return NULL;
	char *copy = malloc(*len + 1);
	if (!copy) {
		reader->error = ENOMEM;
		return NULL;
	}
	memcpy(copy, bytes, *len);
	copy[*len] = 0;
	return copy;
}

static char *take_string(struct reader *reader)
{
	size_t len;
	char *string = take_bytes(reader, &len);
	if (string && strlen(string) != len)
		reader->error = EBADMSG;
	return string;
}

static void take_tag(struct reader *reader, struct parcel *parcel)
{
	char *key = take_string(reader);
	char *value = take_string(reader);
	if (!reader->error) {
		int error = parcel_set_tag(parcel, key, value);
		reader->error = error == -ENOMEM ? ENOMEM : error ? EBADMSG : 0;
	}
	free(key);
	free(value);
}

static void take_profile(struct reader *reader, struct parcel *parcel)
{
	size_t size = 0;
	char *type = take_string(reader);
	uint8_t *bytes = (uint8_t *)take_bytes(reader, &size);
	if (!reader->error && !parcel_add_profile(parcel, type, bytes, size))
		bytes = NULL; /* the parcel's now */
	else if (!reader->error)
		reader->error = EBADMSG;
	free(type);
	free(bytes);
}

static void take_parcel(struct reader *reader, struct parcel *parcel)
{
	for (uint64_t left = take_number(reader, 4); left && !reader->error; left--)
		take_tag(reader, parcel);
	for (uint64_t left = take_number(reader, 4); left && !reader->error; left--)
		take_profile(reader, parcel);
	if (!reader->error && reader->left)
		reader->error = EBADMSG;
}

static bool is_packed(const uint8_t *bytes, size_t size)
{
	if (size < HEAD_SIZE || size > PARCEL_PACKED_MAX || memcmp(bytes, magic, sizeof magic) != 0)
		return false;
	struct reader reader = {bytes + sizeof magic, 4, 0};
	return take_number(&reader, 4) == crc32(0, bytes + HEAD_SIZE, (uInt)(size - HEAD_SIZE));
}

struct parcel *parcel_unpack(const uint8_t *bytes, size_t size)
{
	if (!is_packed(bytes, size)) {
		errno = EBADMSG;
		return NULL;
	}
	struct reader reader = {bytes + HEAD_SIZE, size - HEAD_SIZE, 0};
	uint64_t start_ns = take_number(&reader, 8);
	uint64_t end_ns = take_number(&reader, 8);
	uint64_t seq = take_number(&reader, 8);
	uint32_t pid = (uint32_t)take_number(&reader, 4);
	char *service = take_string(&reader);
	struct parcel *parcel = reader.error ? NULL : parcel_create(service);
	if (!parcel && !reader.error)
		reader.error = ENOMEM;
	free(service);
	if (parcel) {
		parcel->start_ns = start_ns;
		parcel->end_ns = end_ns;
		parcel->seq = seq;
		parcel->pid = pid;
		take_parcel(&reader, parcel);
	}
	if (reader.error) {
		parcel_destroy(parcel);
		errno = reader.error;
		return NULL;
	}
	return parcel;
}
