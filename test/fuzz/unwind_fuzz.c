/* SPDX-License-Identifier: Apache-2.0 */
/* unwind_fuzz.c -- a hostile object: its table and frame descriptions are the input, and so are the
 * registers and the slice of stack that are unwound with them.
 */
#include "test/unit/hostile_object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	IMAGE_SIZE = 64 << 10,
	TABLE = CODE + 4096,
	SLICE_SIZE = 512,
};

/* Behind a page of code all is data that the input fills. */
static struct hostile_object object;

/* Registers and stack are small numbers, so that a few bytes of input can point into code and
 * stack; the eighth byte of a word says what it is relative to. */
static uint64_t word_of(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	switch (bytes[7] & 3) {
	case 1:
		return (uintptr_t)object.image + CODE + (word & 0xfff);
	case 2:
		return 0x7f0000000000 + (word & 0x3ff);
	default:
		return word;
	}
}

static void fill_sample(const uint8_t *seed, size_t size)
{
	struct sample *sample = object.sample;
	uint8_t bytes[8];

	for (size_t i = 0; i < REGISTER_COUNT + SLICE_SIZE / 8; i++) {
		uint64_t word;

		for (size_t j = 0; j < sizeof(bytes); j++)
			bytes[j] = size ? seed[(8 * i + j) % size] : 0;
		word = word_of(bytes);
		if (i < REGISTER_COUNT)
			sample->regs[i] = word;
		else
			memcpy(sample->stack + 8 * (i - REGISTER_COUNT), &word, sizeof(word));
	}
	sample->kind = SAMPLE_CPU;
	sample->stack_size = SLICE_SIZE;
	sample->stack_cut = size ? seed[0] & 1 : 0;
	sample->regs[REGISTER_RSP] = 0x7f0000000000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t seed = size / 4;

	if (!object.image)
		object = hostile_create(IMAGE_SIZE, TABLE, IMAGE_SIZE - TABLE, SLICE_SIZE);
	if (size - seed > IMAGE_SIZE - TABLE)
		return 0;
	memset(object.image + TABLE, 0, IMAGE_SIZE - TABLE);
	memcpy(object.image + TABLE, data + seed, size - seed);
	hostile_map(&object);
	fill_sample(data, seed);
	for (uint64_t pc = 0; pc < 64; pc++) {
		object.sample->regs[REGISTER_RIP] = (uintptr_t)object.image + CODE + pc;
		hostile_unwind(&object);
	}
	maps_forget(object.maps, NULL);
	return 0;
}
