/* SPDX-License-Identifier: Apache-2.0 */
/* inflate.c -- what was uploaded becomes plain bytes: gzip, zstd or neither, by its first bytes.
 *
 * libdeflate and zstd's one call want the whole output at once. When it does not fit, the buffer is
 * doubled and the work begins again, so that a lie about the size costs twice the work at most.
 */
#include "collector/inflate.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
	GUESS = 4,	     /* bytes out per byte in, where nothing tells */
	KEPT_MAX = 16 << 20, /* a larger buffer is not kept for the next one */
};

struct inflate {
	size_t size_max;
	unsigned ratio_max;
	struct libdeflate_decompressor *gzip;
	ZSTD_DCtx *zstd;
	uint8_t *bytes;
	size_t size, room;
};

struct input {
	const uint8_t *at;
	size_t left;
};

struct inflate *inflate_create(size_t size_max, unsigned ratio_max)
{
	struct inflate *in = calloc(1, sizeof(*in));
	if (!in)
		return NULL;
	*in = (struct inflate){.size_max = size_max, .ratio_max = ratio_max};
	in->gzip = libdeflate_alloc_decompressor();
	in->zstd = ZSTD_createDCtx();
	if (in->gzip && in->zstd)
		return in;
	inflate_destroy(in);
	return NULL;
}

void inflate_destroy(struct inflate *in)
{
	if (!in)
		return;
	if (in->gzip)
		libdeflate_free_decompressor(in->gzip);
	ZSTD_freeDCtx(in->zstd);
	free(in->bytes);
	free(in);
}

enum inflate_format inflate_format(const void *bytes, size_t size)
{
	const uint8_t *b = bytes;
	if (size >= 2 && b[0] == 0x1f && b[1] == 0x8b)
		return INFLATE_GZIP;
	if (size >= 4 && b[0] == 0x28 && b[1] == 0xb5 && b[2] == 0x2f && b[3] == 0xfd)
		return INFLATE_ZSTD;
	return INFLATE_RAW;
}

/* All of one gzip member or of the rest as zstd. -ENOSPC when the buffer is too small. */
static int step_gzip(struct inflate *in, struct input *input)
{
	size_t read = 0, written = 0;
	enum libdeflate_result result = libdeflate_gzip_decompress_ex(
		in->gzip, input->at, input->left, in->bytes + in->size, in->room - in->size, &read,
		&written);
	if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
		return -ENOSPC;
	if (result != LIBDEFLATE_SUCCESS)
		return -EBADMSG;
	input->at += read;
	input->left -= read;
	in->size += written;
	return 0;
}

static int step_zstd(struct inflate *in, struct input *input)
{
	size_t written = ZSTD_decompressDCtx(in->zstd, in->bytes, in->room, input->at, input->left);
	ZSTD_ErrorCode code = ZSTD_getErrorCode(written);
	if (code == ZSTD_error_dstSize_tooSmall)
		return -ENOSPC;
	if (code == ZSTD_error_memory_allocation)
		return -ENOMEM;
	if (code)
		return -EBADMSG;
	input->left = 0;
	in->size = written;
	return 0;
}

static size_t limit_of(const struct inflate *in, size_t size)
{
	size_t most;
	if (__builtin_mul_overflow(size, in->ratio_max, &most))
		return in->size_max;
	if (most < INFLATE_FREE)
		most = INFLATE_FREE;
	return most < in->size_max ? most : in->size_max;
}

/* The last member of a gzip tells how long it is; it may lie. */
static size_t guess_size(enum inflate_format format, const uint8_t *bytes, size_t size)
{
	size_t guess = size <= SIZE_MAX / GUESS ? size * GUESS : size;
	if (format == INFLATE_GZIP && size >= 18) {
		const uint8_t *tail = bytes + size - 4;
		size_t told = tail[0] | (size_t)tail[1] << 8 | (size_t)tail[2] << 16 |
			      (size_t)tail[3] << 24;
		return told ? told : 1;
	}
	unsigned long long told = format == INFLATE_ZSTD ? ZSTD_getFrameContentSize(bytes, size)
							 : ZSTD_CONTENTSIZE_UNKNOWN;
	return told < ZSTD_CONTENTSIZE_ERROR && told ? (size_t)told : guess;
}

static int make_room(struct inflate *in, size_t room)
{
	if (room <= in->room)
		return 0;
	uint8_t *bytes = realloc(in->bytes, room);
	if (!bytes)
		return -ENOMEM;
	in->bytes = bytes;
	in->room = room;
	return 0;
}

static void drop_large(struct inflate *in)
{
	if (in->room <= KEPT_MAX)
		return;
	free(in->bytes);
	in->bytes = NULL;
	in->room = 0;
}

static int inflate_all(struct inflate *in, enum inflate_format format, struct input *input,
		       size_t limit)
{
	while (input->left) {
		int error = format == INFLATE_GZIP ? step_gzip(in, input) : step_zstd(in, input);
		if (error && error != -ENOSPC)
			return error;
		if (in->size > limit || (error && in->room >= limit))
			return -EFBIG;
		if (error)
			error = make_room(in, in->room < limit / 2 ? in->room * 2 : limit);
		if (error)
			return error;
	}
	return 0;
}

int inflate_open(struct inflate *in, const void *bytes, size_t size, const uint8_t **out,
		 size_t *out_size)
{
	enum inflate_format format = inflate_format(bytes, size);
	*out = bytes;
	*out_size = size;
	if (format == INFLATE_RAW)
		return size > in->size_max ? -EFBIG : 0;
	drop_large(in);
	in->size = 0;
	size_t limit = limit_of(in, size), guess = guess_size(format, bytes, size);
	struct input input = {bytes, size};
	int error = make_room(in, guess < limit ? guess : limit);
	if (!error)
		error = inflate_all(in, format, &input, limit);
	*out = in->bytes;
	*out_size = in->size;
	return error;
}
