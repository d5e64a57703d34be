/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.c -- bytes into gzip and back, by zlib, in bounded memory. */
#include "encoder/gzip.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	LEVEL = 4, /* measured on profiles: a sixth smaller than 1 for as much time, 6 takes half as
		      long again */
	MEMORY = 8, /* zlib's default: 128 KiB beside the window's 128 KiB */
	FORMAT_GZIP = 16 + MAX_WBITS,
	CHUNK = 4096, /* appended bytes are gathered into runs of this size */
	FIRST_SIZE = 16 << 10,
};

struct output {
	uint8_t *bytes;
	size_t size, max;
};

struct gzip {
	z_stream z;
	struct output output;
	int error;
	size_t pending_size;
	uint8_t pending[CHUNK];
};

/* Half as much room again, or what limit allows; the output never passes limit. */
static int output_grow(struct output *output, size_t limit)
{
	size_t max = output->max ? output->max : FIRST_SIZE;
	max = max > limit / 2 ? limit : max + max / 2;
	uint8_t *bytes = realloc(output->bytes, max);
	if (!bytes)
		return -ENOMEM;
	output->bytes = bytes;
	output->max = max;
	return 0;
}

static void output_offer(const struct output *output, z_stream *z)
{
	size_t room = output->max - output->size;
	z->next_out = output->bytes + output->size;
	z->avail_out = room < UINT_MAX ? (uInt)room : UINT_MAX;
}

static void output_take(struct output *output, const z_stream *z)
{
	output->size = (size_t)(z->next_out - output->bytes);
}

struct gzip *gzip_create(void)
{
	struct gzip *g = calloc(1, sizeof(*g));
	if (g &&
	    deflateInit2(&g->z, LEVEL, Z_DEFLATED, FORMAT_GZIP, MEMORY, Z_DEFAULT_STRATEGY) == Z_OK)
		return g;
	free(g);
	return NULL;
}

void gzip_destroy(struct gzip *g)
{
	if (!g)
		return;
	deflateEnd(&g->z);
	free(g->output.bytes);
	free(g);
}

/* Runs until zlib leaves room, which means that it has nothing more to say for now. */
static void squeeze(struct gzip *g, const uint8_t *bytes, size_t len, int flush)
{
	g->z.next_in = (Bytef *)bytes;
	g->z.avail_in = (uInt)len;
	while (!g->error) {
		if (g->output.size == g->output.max)
			g->error = output_grow(&g->output, SIZE_MAX);
		if (g->error)
			return;
		output_offer(&g->output, &g->z);
		deflate(&g->z, flush);
		output_take(&g->output, &g->z);
		if (g->output.size < g->output.max)
			return;
	}
}

void gzip_append(struct gzip *g, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;
	while (len > sizeof(g->pending) - g->pending_size) {
		size_t part = sizeof(g->pending) - g->pending_size;
		memcpy(g->pending + g->pending_size, from, part);
		squeeze(g, g->pending, sizeof(g->pending), Z_NO_FLUSH);
		g->pending_size = 0;
		from += part;
		len -= part;
	}
	if (len)
		memcpy(g->pending + g->pending_size, from, len);
	g->pending_size += len;
}

int gzip_finish(struct gzip *g, uint8_t **bytes, size_t *size)
{
	squeeze(g, g->pending, g->pending_size, Z_FINISH);
	if (g->error)
		return g->error;
	*bytes = g->output.bytes;
	*size = g->output.size;
	g->output = (struct output){0};
	g->error = -EINVAL;
	return 0;
}

int gzip_deflate(const void *bytes, size_t size, uint8_t **out, size_t *out_size)
{
	struct gzip *g = gzip_create();
	if (!g)
		return -ENOMEM;
	gzip_append(g, bytes, size);
	int error = gzip_finish(g, out, out_size);
	gzip_destroy(g);
	return error;
}

/* Hands the next run of input to zlib, whose counters are narrower than size_t. */
static void input_offer(z_stream *z, const uint8_t *end)
{
	size_t left = (size_t)(end - z->next_in);
	z->avail_in = left < UINT_MAX ? (uInt)left : UINT_MAX;
}

/* One call of inflate. 1 when the last member has ended, 0 to go on, -errno. */
static int inflate_step(z_stream *z, const uint8_t *end, struct output *output, size_t limit)
{
	int error = 0;
	if (output->size == output->max)
		error = output->max > limit ? -EFBIG : output_grow(output, limit + 1);
	if (error)
		return error;
	input_offer(z, end);
	output_offer(output, z);
	int state = inflate(z, Z_NO_FLUSH);
	output_take(output, z);
	if (state == Z_STREAM_END)
		return z->next_in == end ? 1 : inflateReset(z) == Z_OK ? 0 : -EBADMSG;
	if (state == Z_MEM_ERROR)
		return -ENOMEM;
	/* Nothing left to read and yet room to write: the rest is missing. */
	bool is_cut = z->next_in == end && output->size < output->max;
	return (state == Z_OK || state == Z_BUF_ERROR) && !is_cut ? 0 : -EBADMSG;
}

int gzip_inflate(const void *bytes, size_t size, size_t limit, uint8_t **out, size_t *out_size)
{
	struct output output = {0};
	z_stream z = {.next_in = (Bytef *)bytes};
	if (inflateInit2(&z, FORMAT_GZIP) != Z_OK)
		return -ENOMEM;
	if (limit > SIZE_MAX / 2)
		limit = SIZE_MAX / 2; /* limit + 1 is computed below, and twice that */
	int state = 0;
	while (!state)
		state = inflate_step(&z, (const uint8_t *)bytes + size, &output, limit);
	inflateEnd(&z);
	if (state == 1 && output.size > limit)
		state = -EFBIG;
	if (state < 0) {
		free(output.bytes);
		return state;
	}
	*out = output.bytes;
	*out_size = output.size;
	return 0;
}
