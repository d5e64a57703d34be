/* SPDX-License-Identifier: Apache-2.0 */
/* inspector.c -- a profile is read before it is believed. */
#include "collector/inspector.h"

#include "collector/inflate.h"
#include "collector/percent.h"
#include "collector/text.h"
#include "collector/view.h"
#include "encoder/gzip.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RATIO_MAX = 1000, /* bytes that one byte may inflate to; gzip cannot do more than 1032 */
	TYPE_NAME_MAX = 256,
	KEPT_MAX = 8 << 20, /* inflated bytes; the room for more is given back at once */
};

struct inspector {
	struct inflate *inflate;
	struct arena arena;
	size_t largest; /* that it has inflated */
	struct inspector *next;
};

struct inspectors {
	uint64_t inflated_max;
	pthread_mutex_t lock;
	struct inspector *free; /* those that nobody uses */
};

struct inspectors *inspectors_create(uint64_t inflated_max)
{
	struct inspectors *inspectors = calloc(1, sizeof *inspectors);
	if (!inspectors)
		return NULL;
	inspectors->inflated_max = inflated_max;
	pthread_mutex_init(&inspectors->lock, NULL);
	return inspectors;
}

static void destroy(struct inspector *inspector)
{
	arena_free(&inspector->arena);
	inflate_destroy(inspector->inflate);
	free(inspector);
}

void inspectors_destroy(struct inspectors *inspectors)
{
	if (!inspectors)
		return;
	while (inspectors->free) {
		struct inspector *inspector = inspectors->free;
		inspectors->free = inspector->next;
		destroy(inspector);
	}
	pthread_mutex_destroy(&inspectors->lock);
	free(inspectors);
}

static struct inspector *take(struct inspectors *inspectors)
{
	pthread_mutex_lock(&inspectors->lock);
	struct inspector *inspector = inspectors->free;
	if (inspector)
		inspectors->free = inspector->next;
	pthread_mutex_unlock(&inspectors->lock);
	if (inspector)
		return inspector;
	inspector = calloc(1, sizeof *inspector);
	if (!inspector)
		return NULL;
	inspector->inflate = inflate_create((size_t)inspectors->inflated_max, RATIO_MAX);
	if (inspector->inflate)
		return inspector;
	free(inspector);
	return NULL;
}

static void give_back(struct inspectors *inspectors, struct inspector *inspector)
{
	if (inspector->largest > KEPT_MAX) {
		destroy(inspector);
		return;
	}
	arena_clear(&inspector->arena);
	pthread_mutex_lock(&inspectors->lock);
	inspector->next = inspectors->free;
	inspectors->free = inspector;
	pthread_mutex_unlock(&inspectors->lock);
}

/* ---- what the index wants to know ---------------------------------------------------------- */

static void append_name(struct text *text, const struct view *view, uint32_t row)
{
	char name[TYPE_NAME_MAX], escaped[3 * TYPE_NAME_MAX];
	snprintf(name, sizeof name, "%.*s", (int)view->texts[row].size,
		 (const char *)view->texts[row].bytes);
	text_append(text, escaped, percent_encode(escaped, name, ",/"));
}

static char *sample_types(const struct view *view, size_t count)
{
	struct text text = {0};
	size_t len;
	for (size_t i = 0; i < count; i++) {
		if (i)
			text_append(&text, ",", 1);
		append_name(&text, view, view->types[i].type);
		text_append(&text, "/", 1);
		append_name(&text, view, view->types[i].unit);
	}
	return text_take(&text, &len);
}

static void add_totals(struct inspection *inspection, const struct view *view)
{
	const int64_t *values = view->values;
	for (uint32_t i = 0; i < view->count.samples; i++, values += view->count.types)
		for (size_t j = 0; j < inspection->total_count; j++)
			inspection->totals[j] =
				(int64_t)((uint64_t)inspection->totals[j] + (uint64_t)values[j]);
}

static int describe(struct inspection *inspection, const struct view *view)
{
	size_t types = view->count.types;
	*inspection = (struct inspection){
		.time_ns = view->time_ns > 0 ? view->time_ns : 0,
		.duration_ns = view->duration_ns > 0 ? view->duration_ns : 0,
		.total_count = types < STORE_TOTALS_MAX ? types : STORE_TOTALS_MAX,
		.sample_count = view->count.samples,
	};
	add_totals(inspection, view);
	inspection->sample_types = sample_types(view, inspection->total_count);
	return inspection->sample_types ? 0 : -ENOMEM;
}

static int inflate(struct inspector *inspector, const uint8_t *bytes, size_t size,
		   const uint8_t **raw, size_t *raw_size)
{
	int error = inflate_open(inspector->inflate, bytes, size, raw, raw_size);
	/* When it is too much, or damaged at its end, the room for it has been taken as well. */
	if (error)
		inspector->largest = SIZE_MAX;
	else if (*raw_size > inspector->largest)
		inspector->largest = *raw_size;
	return error;
}

/* What the profilers of before 2016 write, and google/pprof reads still. */
static bool is_legacy(const uint8_t *bytes, size_t size)
{
	static const char *const beginnings[] = {
		"heap profile:",	 "heap_v2/",	       "heapz ",	 "growthz ",
		"threadcreate profile:", "goroutine profile:", "fragmentationz", "--- "};
	/* Words of a gperftools CPU profile: 0, 3, 0, period, 0. */
	static const uint8_t cpu_32[8] = {[4] = 3}, cpu_64[16] = {[8] = 3};
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		size_t len = strlen(beginnings[i]);
		if (size >= len && !memcmp(bytes, beginnings[i], len))
			return true;
	}
	return (size >= sizeof cpu_32 && !memcmp(bytes, cpu_32, sizeof cpu_32)) ||
	       (size >= sizeof cpu_64 && !memcmp(bytes, cpu_64, sizeof cpu_64));
}

static int open_view(struct inspector *inspector, struct view *view, const uint8_t *bytes,
		     size_t size, char error[INSPECTOR_ERROR_SIZE])
{
	struct view_input input = {0};
	const uint8_t *raw;
	char why[VIEW_ERROR_SIZE];
	int status = inflate(inspector, bytes, size, &raw, &input.size);
	if (status == -EFBIG)
		snprintf(error, INSPECTOR_ERROR_SIZE,
			 "it inflates to more than is allowed (--inflated-max), or than %d times "
			 "its size",
			 RATIO_MAX);
	else if (status)
		snprintf(error, INSPECTOR_ERROR_SIZE, "decompressing profile: corrupt data");
	if (status)
		return status;
	input.bytes = raw;
	status = view_open(view, &inspector->arena, &input, why);
	if (status == -EBADMSG && is_legacy(raw, input.size))
		snprintf(why, sizeof why,
			 "a format of before 2016: of pprof only protocol buffers are taken");
	if (status)
		snprintf(error, INSPECTOR_ERROR_SIZE, "%s", why);
	return status;
}

int inspect(struct inspectors *inspectors, const uint8_t *bytes, size_t size,
	    struct inspection *inspection, char error[INSPECTOR_ERROR_SIZE])
{
	struct view view;
	struct inspector *inspector = take(inspectors);
	if (!inspector)
		return -ENOMEM;
	int status = open_view(inspector, &view, bytes, size, error);
	if (!status)
		status = describe(inspection, &view);
	give_back(inspectors, inspector);
	return status;
}

int inspectors_make_readable(struct inspectors *inspectors, uint8_t **bytes, size_t *size)
{
	const uint8_t *raw;
	uint8_t *packed;
	size_t raw_size, packed_size;
	if (inflate_format(*bytes, *size) != INFLATE_ZSTD)
		return 0;
	struct inspector *inspector = take(inspectors);
	if (!inspector)
		return -ENOMEM;
	int error = inflate(inspector, *bytes, *size, &raw, &raw_size);
	if (!error)
		error = gzip_deflate(raw, raw_size, &packed, &packed_size);
	give_back(inspectors, inspector);
	if (error)
		return error;
	free(*bytes);
	*bytes = packed;
	*size = packed_size;
	return 0;
}
