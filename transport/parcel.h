/* SPDX-License-Identifier: Apache-2.0 */
/* parcel.h -- what one period sends away: encoded profiles, the span they cover, and tags.
 *
 * Knows no backend. It can be packed into bytes and unpacked again, which is how it survives in a
 * spool; the packed form holds no credentials.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	PARCEL_PROFILES_MAX = 8,
	PARCEL_TAGS_MAX = 64,
	PARCEL_TYPE_MAX = 31,	 /* bytes of a type's name: a-z 0-9 _ - */
	PARCEL_KEY_MAX = 200,	 /* bytes of a tag's key; longer ones are cut */
	PARCEL_VALUE_MAX = 1024, /* bytes of a tag's value or of the service; longer ones are cut */
	PARCEL_PACKED_MAX = 4 << 20,
};

struct parcel_profile {
	char type[PARCEL_TYPE_MAX + 1]; /* "cpu", "wall", "heap", "threads" */
	uint8_t *bytes;			/* gzip'd pprof, from malloc, the parcel's */
	size_t size;
};

struct parcel_tag {
	char *key;
	char *value;
};

struct parcel {
	uint64_t start_ns, end_ns; /* CLOCK_REALTIME */
	uint64_t seq;		   /* from 0, one up per period of this process */
	uint32_t pid;
	char *service;
	size_t profile_count;
	size_t tag_count;
	struct parcel_profile profiles[PARCEL_PROFILES_MAX];
	struct parcel_tag tags[PARCEL_TAGS_MAX];
};

/* [worker] An empty parcel of service, whose text is copied; NULL without memory. Times, seq and
 * pid are the caller's to set. */
struct parcel *parcel_create(const char *service);
/* [worker] Gives everything back; NULL is harmless. */
void parcel_destroy(struct parcel *);
/* [worker] Adds a profile and takes bytes (from malloc) over when it returns 0. -EINVAL for a bad
 * type name, -ENOSPC when there are PARCEL_PROFILES_MAX. */
int parcel_add_profile(struct parcel *, const char *type, uint8_t *bytes, size_t size);
/* [worker] Sets a tag to a copy of value: a later value of the same key wins. -EINVAL for an empty
 * key, -ENOSPC when there are PARCEL_TAGS_MAX, -ENOMEM. */
int parcel_set_tag(struct parcel *, const char *key, const char *value);
/* [worker] The value of a tag, or NULL. */
const char *parcel_tag(const struct parcel *, const char *key);
/* [worker] Bytes of memory the parcel holds, near enough for a budget. */
size_t parcel_size(const struct parcel *);
/* [worker] The parcel as bytes from malloc, which the caller frees; NULL and errno. */
uint8_t *parcel_pack(const struct parcel *, size_t *size);
/* [worker] The parcel that was packed into these bytes; NULL and errno: EBADMSG for anything that
 * parcel_pack does not make, ENOMEM. */
struct parcel *parcel_unpack(const uint8_t *bytes, size_t size);
