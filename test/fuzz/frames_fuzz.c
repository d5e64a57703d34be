/* SPDX-License-Identifier: Apache-2.0 */
/* frames_fuzz.c -- a real object's code and .eh_frame, each entry of which is mutated as what it
 * is, and a stack full of returns into it.
 *
 * The input is a seed for the stack, how much of the code is at the front, and an .eh_frame. The
 * table that leads to the entries is made anew from what they say, so that mutants are reached.
 */
#include "test/unit/hostile_object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

enum {
	CODE_SIZE = 16 << 10,
	TABLE = CODE + CODE_SIZE,
	ROWS_MAX = 256,
	FRAMES = TABLE + 4096,
	IMAGE_SIZE = FRAMES + (32 << 10),
	SLICE_SIZE = 2048,
	SEED_SIZE = 8,
	ENTRY_MIN = 8,
	STACK = 1 << 20,
};

static struct hostile_object object;
static uint64_t random_state;

static uint32_t read_word(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static void write_word(uint8_t *at, uint32_t word)
{
	memcpy(at, &word, sizeof(word));
}

/* Where the nth entry begins; size when there are not so many. */
static size_t entry_at(const uint8_t *frames, size_t size, size_t n)
{
	size_t at = 0;

	while (at + ENTRY_MIN <= size) {
		uint32_t len = read_word(frames + at);

		if (len < 4 || len > size - at - 4)
			break;
		if (!n--)
			return at;
		at += 4 + len;
	}
	return size;
}

/* One row for each entry, equally far apart in the code, which they are made to describe. */
static void put_table(size_t size)
{
	uint8_t *frames = object.image + FRAMES;
	uint8_t *row = object.image + TABLE + 12;
	static const uint8_t head[8] = {1, 0x1b, 3, 0x3b};
	uint32_t count = 0;

	for (size_t n = 0, at; n < ROWS_MAX && (at = entry_at(frames, size, n)) < size; n++) {
		uint32_t start = CODE + count * (CODE_SIZE / ROWS_MAX);

		if (!read_word(frames + at + 4) || at + 16 > size)
			continue;
		write_word(frames + at + 8, start - (uint32_t)(FRAMES + at + 8));
		write_word(row, start - TABLE);
		write_word(row + 4, (uint32_t)(FRAMES + at) - TABLE);
		row += 8;
		count++;
	}
	memcpy(object.image + TABLE, head, sizeof(head));
	write_word(object.image + TABLE + 8, count);
}

static uint64_t random_number(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state >> 20;
}

/* Returns, places in the stack, and small numbers, in turns that the seed decides. */
static uint64_t random_word(void)
{
	uint64_t number = random_number();

	switch (number & 3) {
	case 0:
		return STACK + (number >> 2) % SLICE_SIZE / 8 * 8;
	case 1:
		return number >> 40;
	default:
		return (uintptr_t)object.image + CODE + (number >> 2) % CODE_SIZE;
	}
}

static void fill_sample(void)
{
	object.sample->kind = SAMPLE_CPU;
	object.sample->stack_size = SLICE_SIZE;
	object.sample->stack_cut = random_number() & 1;
	for (unsigned i = 0; i < REGISTER_COUNT; i++)
		object.sample->regs[i] = random_word();
	for (size_t at = 0; at < SLICE_SIZE; at += 8) {
		uint64_t word = random_word();

		memcpy(object.sample->stack + at, &word, sizeof(word));
	}
	object.sample->regs[REGISTER_RSP] = STACK;
	object.sample->regs[REGISTER_RIP] =
		(uintptr_t)object.image + CODE + random_number() % CODE_SIZE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t frames_size;

	if (!object.image)
		object = hostile_create(IMAGE_SIZE, TABLE, FRAMES - TABLE, SLICE_SIZE);
	if (size < SEED_SIZE || size - SEED_SIZE > IMAGE_SIZE - FRAMES)
		return 0;
	frames_size = size - SEED_SIZE;
	memcpy(&random_state, data, SEED_SIZE);
	for (size_t at = 0; at < CODE_SIZE; at++)
		object.image[CODE + at] = frames_size ? data[SEED_SIZE + at % frames_size] : 0x90;
	memset(object.image + TABLE, 0, IMAGE_SIZE - TABLE);
	memcpy(object.image + FRAMES, data + SEED_SIZE, frames_size);
	put_table(frames_size);
	hostile_map(&object);
	for (int i = 0; i < 16; i++) {
		fill_sample();
		hostile_unwind(&object);
	}
	maps_forget(object.maps, NULL);
	return 0;
}

/* What compilers write rarely, and what only an attacker does. */
static const struct {
	uint8_t size;
	uint8_t bytes[14];
} PIECES[] = {
	{3, {0x0c, 7, 8}},
	{5, {0x0f, 3, 0x77, 8, 6}},    /* CFA is what rsp + 8 points to */
	{6, {0x16, 3, 3, 0x73, 0, 6}}, /* rbx is what rbx points to */
	{5, {0x10, 6, 2, 0x76, 0x78}}, /* rbp is saved below rbp */
	{14, {0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22}}, /* of a plt */
	{5, {0x0f, 3, 0x2f, 0xfd, 0xff}}, /* skip backward for ever */
	{4, {0x0f, 2, 0x30, 0x1b}},	  /* divide */
	{12, {0x0c, 0x87, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 8}},
	{11, {0x0e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}},
	{2, {0x0a, 0x0b}},
	{4, {0x0a, 0x0a, 0x0a, 0x0a}},
	{1, {0x0b}},
	{3, {0x09, 16, 3}},
	{3, {0x05, 16, 0}},
	{2, {0x07, 16}},
	{2, {0x08, 7}},
	{2, {0x90, 1}},
	{5, {0x04, 0xff, 0xff, 0xff, 0xff}},
};

/* Overwrites somewhere behind the head of the entry. */
static void put_piece(uint8_t *entry, size_t len)
{
	size_t which = random_number() % (sizeof(PIECES) / sizeof(*PIECES));
	size_t head = 17;

	if (len < head + PIECES[which].size)
		return;
	memcpy(entry + head + random_number() % (len - head - PIECES[which].size + 1),
	       PIECES[which].bytes, PIECES[which].size);
}

/* To a CIE that is another entry, or the entry itself, or lies outside. */
static void move_link(uint8_t *frames, size_t size, size_t at)
{
	size_t to = entry_at(frames, size, random_number() % 8);
	uint32_t back = (uint32_t)(at + 4 - (to < size ? to : at));

	write_word(frames + at + 4, random_number() & 7 ? back : (uint32_t)random_number());
}

static void cover_everything(uint8_t *frames, size_t at, size_t len)
{
	if (len >= 16)
		write_word(frames + at + 12, UINT32_MAX);
}

static size_t entry_count(const uint8_t *frames, size_t size)
{
	size_t count = 0;

	while (count < ROWS_MAX && entry_at(frames, size, count) < size)
		count++;
	return count;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	uint8_t *frames = data + SEED_SIZE;
	size_t frames_size = size > SEED_SIZE ? size - SEED_SIZE : 0;
	size_t count = entry_count(frames, frames_size);
	size_t at;
	size_t len;

	random_state = seed;
	if (!count || !(random_number() & 7))
		return LLVMFuzzerMutate(data, size, max);
	at = entry_at(frames, frames_size, random_number() % count);
	len = 4 + read_word(frames + at);
	switch (random_number() % 6) {
	case 0:
		move_link(frames, frames_size, at);
		break;
	case 1:
		cover_everything(frames, at, len);
		break;
	case 2:
		LLVMFuzzerMutate(data, SEED_SIZE, SEED_SIZE);
		break;
	case 3:
		if (len > 12)
			LLVMFuzzerMutate(frames + at + 8, len - 8, len - 8);
		break;
	default:
		put_piece(frames + at, len);
	}
	return size;
}
