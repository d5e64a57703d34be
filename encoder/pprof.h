/* SPDX-License-Identifier: Apache-2.0 */
/* pprof.h -- one period's samples become the bytes of one pprof profile.
 *
 * A sample is compressed as it arrives and never kept; the tables follow at the end. So the order
 * is: types first, then mappings, functions, locations and samples as they come, then pprof_encode.
 *
 * Texts are C strings, copied, interned, cut to PPROF_TEXT_MAX bytes, and made valid UTF-8
 * without control characters. The first error sticks: nothing after it has an effect, and
 * pprof_encode returns it. What does not fit into PPROF_RAW_MAX is left out and counted;
 * its last quarter belongs to samples alone.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	PPROF_TYPES_MAX = 8,
	PPROF_LABELS_MAX = 8,
	PPROF_COMMENTS_MAX = 32,
	PPROF_FRAMES_MAX = 1000,   /* of one sample; the leaf's end is kept */
	PPROF_SAMPLES_MAX = 16000, /* of one profile */
	PPROF_TEXT_MAX = 4096,
	PPROF_RAW_MAX = 4 << 20, /* bytes of a profile before compression */
};

struct pprof;

struct pprof_mapping {
	uint64_t start, limit, offset;
	const char *filename;
	const uint8_t *build_id; /* as it stands in the ELF note; may be NULL */
	size_t build_id_size;
};

struct pprof_label {
	const char *key;
	const char *str; /* NULL: the value is num */
	int64_t num;
	const char *unit; /* of num, or NULL; readers lose a 0 that has none */
};

struct pprof_sample {
	const uint32_t *locations; /* ids, leaf first; a 0 among them is left out */
	size_t location_count;
	const int64_t *values;		  /* one per sample type, in their order */
	const struct pprof_label *labels; /* each key once; one that says nothing is left out */
	size_t label_count;		  /* at most PPROF_LABELS_MAX */
};

struct pprof_lost {	    /* for want of room, unless it says otherwise */
	uint32_t samples;   /* PPROF_SAMPLES_MAX or PPROF_RAW_MAX was reached */
	uint32_t frames;    /* beyond PPROF_FRAMES_MAX, and locations that were 0 */
	uint32_t mappings;  /* calls that returned 0 */
	uint32_t functions; /* calls that returned 0 */
	uint32_t locations; /* calls that returned 0 */
	uint32_t texts;	    /* times that one became "" */
};

/* [any]    A profile without anything in it. NULL without memory; the caller destroys it. */
struct pprof *pprof_create(void);
/* [any]    NULL is fine. */
void pprof_destroy(struct pprof *);
/* [any]    The next column of every sample, all before the first sample. Both names match
 *          [a-zA-Z_][a-zA-Z0-9_]*, otherwise the profile has failed with -EINVAL. */
void pprof_sample_type(struct pprof *, const char *type, const char *unit);
/* [any]    The column that readers show first; without it they take the last. */
void pprof_default_type(struct pprof *, const char *type);
/* [any]    What the sampler counts, and how much of it lies between two samples. */
void pprof_period(struct pprof *, const char *type, const char *unit, int64_t period);
/* [any]    time_ns since 1970 UTC, required and not 0; duration_ns is 0 for a snapshot. */
void pprof_time(struct pprof *, int64_t time_ns, int64_t duration_ns);
/* [any]    A line for people. Those beyond PPROF_COMMENTS_MAX are left out. */
void pprof_comment(struct pprof *, const char *text);
/* [any]    The id of the mapping; equal arguments, equal id; 0 when there is no room. The main
 *          binary goes first. Readers take it for symbolised if every location in it has a
 *          function. */
uint32_t pprof_mapping(struct pprof *, const struct pprof_mapping *);
/* [any]    The id of the function; equal names, equal id. 0 when there is no room or name is
 *          "". system_name NULL or "" means name; filename may be NULL. */
uint32_t pprof_function(struct pprof *, const char *name, const char *system_name,
			const char *filename);
/* [any]    The id of a place in the program; equal arguments, equal id; 0 when there is no
 *          room. Callers of a leaf pass the return address less 1. mapping and function may be
 *          0. */
uint32_t pprof_location(struct pprof *, uint32_t mapping, uint64_t address, uint32_t function);
/* [any]    Takes a sample. 0, or -ENOSPC when it was left out and counted, or the error of the
 *          profile. */
int pprof_sample(struct pprof *, const struct pprof_sample *);
/* [any]    What has been left out so far. */
struct pprof_lost pprof_lost(const struct pprof *);
/* [any]    Ends the profile, once: *bytes is gzip'd, from malloc, the caller's. 0, -ENODATA
 *          when no sample was taken, -EINVAL when types or time are missing or ids are wrong,
 *          -ENOMEM. */
int pprof_encode(struct pprof *, uint8_t **bytes, size_t *size);
