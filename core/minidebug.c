/* SPDX-License-Identifier: Apache-2.0 */
/* minidebug.c -- the compressed symbol table that some distributions leave in stripped objects. */
#include "core/minidebug.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>

enum {
	INPUT_SIZE = 16 << 10,
	HALF = 64 << 10, /* the window is two of these: the last one is always complete */
	/* What xz writes by default needs 8 MiB of address space, of which the dictionary touches
	 * no more than the stream expands to. */
	DECODER_MEMORY_MAX = 10 << 20,
	/* A file with its tables in the worst order takes fewer, and less work. */
	RESTARTS_MAX = 64,
	DECODED_MAX = 16 * MINIDEBUG_SIZE_MAX,
};

struct minidebug {
	const struct elf *outer;
	Elf64_Shdr section;
	struct elf inner;
	lzma_stream stream;
	uint64_t consumed; /* bytes of the section that went into input */
	uint64_t start;	   /* position of window[0] in what comes out */
	size_t len;	   /* bytes in window */
	bool is_sound;	   /* the end was reached once, and the checksum was right */
	unsigned restarts;
	uint64_t decoded; /* bytes that came out in all */
	uint8_t input[INPUT_SIZE];
	uint8_t window[2 * HALF];
};

static bool stream_restart(struct minidebug *mini)
{
	if (mini->restarts++ >= RESTARTS_MAX)
		return false;
	mini->consumed = 0;
	mini->start = 0;
	mini->len = 0;
	mini->stream.avail_in = 0;
	return lzma_stream_decoder(&mini->stream, DECODER_MEMORY_MAX, 0) == LZMA_OK;
}

static bool input_refill(struct minidebug *mini)
{
	uint64_t left = mini->section.sh_size - mini->consumed;
	size_t len = left < INPUT_SIZE ? (size_t)left : INPUT_SIZE;

	if (len == 0 ||
	    !elf_read(mini->outer, mini->section.sh_offset + mini->consumed, mini->input, len))
		return false;
	mini->consumed += len;
	mini->stream.next_in = mini->input;
	mini->stream.avail_in = len;
	return true;
}

/* More of the stream into the window, whose older half makes room; false at the end. */
static bool window_advance(struct minidebug *mini)
{
	if (mini->len == sizeof(mini->window)) {
		memcpy(mini->window, mini->window + HALF, HALF);
		mini->start += HALF;
		mini->len = HALF;
	}
	mini->stream.next_out = mini->window + mini->len;
	mini->stream.avail_out = sizeof(mini->window) - mini->len;
	while (mini->stream.avail_out != 0) {
		if (mini->stream.avail_in == 0 && !input_refill(mini))
			break;
		lzma_ret result = lzma_code(&mini->stream, LZMA_RUN);
		mini->is_sound |= result == LZMA_STREAM_END;
		if (result != LZMA_OK)
			break;
	}
	size_t before = mini->len;
	mini->len = sizeof(mini->window) - mini->stream.avail_out;
	mini->decoded += mini->len - before;
	return mini->len > before && mini->start + mini->len <= MINIDEBUG_SIZE_MAX &&
	       mini->decoded <= DECODED_MAX;
}

static bool mini_read(void *context, uint64_t offset, void *to, size_t len)
{
	struct minidebug *mini = context;

	if (offset < mini->start && !stream_restart(mini))
		return false;
	for (size_t done = 0; done < len;) {
		uint64_t at = offset + done - mini->start;
		if (at >= mini->len) {
			if (!window_advance(mini))
				return false;
			continue;
		}
		size_t ready = mini->len - at;
		size_t step = len - done < ready ? len - done : ready;
		memcpy((char *)to + done, mini->window + at, step);
		done += step;
	}
	return true;
}

/* How much comes out, found by decoding it all: the section headers stand at the end. */
static bool stream_measure(struct minidebug *mini, uint64_t *size)
{
	if (!stream_restart(mini))
		return false;
	while (window_advance(mini))
		;
	*size = mini->start + mini->len;
	return mini->is_sound && *size <= MINIDEBUG_SIZE_MAX;
}

struct minidebug *minidebug_open(const struct elf *outer)
{
	Elf64_Shdr section;
	uint64_t size;

	/* What is larger than it may expand to is empty blocks. */
	if (!elf_section(outer, ".gnu_debugdata", &section) || section.sh_type == SHT_NOBITS ||
	    section.sh_size > MINIDEBUG_SIZE_MAX)
		return NULL;
	struct minidebug *mini = calloc(1, sizeof(*mini));
	if (mini == NULL)
		return NULL;
	mini->outer = outer;
	mini->section = section;
	mini->stream = (lzma_stream)LZMA_STREAM_INIT;
	mini->inner.fd = -1;
	if (stream_measure(mini, &size) &&
	    elf_open_reader(&mini->inner, mini_read, mini, size) == 0)
		return mini;
	minidebug_close(mini);
	return NULL;
}

void minidebug_close(struct minidebug *mini)
{
	if (mini == NULL)
		return;
	elf_close(&mini->inner);
	lzma_end(&mini->stream);
	free(mini);
}

const struct elf *minidebug_elf(const struct minidebug *mini)
{
	return &mini->inner;
}
