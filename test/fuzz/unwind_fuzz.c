/* SPDX-License-Identifier: Apache-2.0 */
/* unwind_fuzz.c -- a hostile object: its table and frame descriptions are the input, and so are the
 * registers and the slice of stack that are unwound with them.
 */
#include "core/unwind.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	IMAGE_SIZE = 64 << 10,
	CODE = 4096, /* offset of the executable page */
	TABLE = 8192,
	SLICE_SIZE = 512,
};

/* One page of headers, one of code, the rest is data that the input fills. */
static uint8_t *create_image(void)
{
	uint8_t *image =
		mmap(NULL, IMAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	Elf64_Ehdr header = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_phoff = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
	};
	Elf64_Phdr segments[2] = {
		{.p_type = PT_LOAD,
		 .p_flags = PF_R | PF_X,
		 .p_filesz = IMAGE_SIZE,
		 .p_memsz = IMAGE_SIZE},
		{.p_type = PT_GNU_EH_FRAME, .p_vaddr = TABLE, .p_memsz = IMAGE_SIZE - TABLE},
	};

	memcpy(image, &header, sizeof(header));
	memcpy(image + sizeof(header), segments, sizeof(segments));
	return image;
}

static void describe(struct maps *maps, const uint8_t *image)
{
	char text[512];
	uintptr_t start = (uintptr_t)image;
	int len = snprintf(text, sizeof(text),
			   "%lx-%lx r--p 00000000 00:01 7 /hostile\n"
			   "%lx-%lx r-xp 00001000 00:01 7 /hostile\n"
			   "%lx-%lx r--p 00002000 00:01 7 /hostile\n",
			   start, start + CODE, start + CODE, start + TABLE, start + TABLE,
			   start + IMAGE_SIZE);

	maps_parse(maps, "", 0);
	maps_parse(maps, text, (size_t)len);
}

static struct {
	uint8_t *image;
	struct maps *maps;
	struct unwind *unwind;
	struct sample *sample;
} self;

static void set_up(void)
{
	self.image = create_image();
	self.maps = maps_create();
	self.unwind = unwind_create(self.maps);
	self.sample = calloc(1, sizeof(*self.sample) + SLICE_SIZE);
}

/* Registers and stack are small numbers, so that a few bytes of input can point into code and
 * stack; the eighth byte of a word says what it is relative to. */
static uint64_t word_of(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	switch (bytes[7] & 3) {
	case 1:
		return (uintptr_t)self.image + CODE + (word & 0xfff);
	case 2:
		return 0x7f0000000000 + (word & 0x3ff);
	default:
		return word;
	}
}

static void fill_sample(const uint8_t *seed, size_t size)
{
	struct sample *sample = self.sample;
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
	uint64_t pcs[UNWIND_FRAMES_MAX];
	enum unwind_end end;
	size_t seed = size / 4;

	if (!self.image)
		set_up();
	if (size - seed > IMAGE_SIZE - TABLE)
		return 0;
	memset(self.image + TABLE, 0, IMAGE_SIZE - TABLE);
	memcpy(self.image + TABLE, data + seed, size - seed);
	describe(self.maps, self.image);
	unwind_flush(self.unwind);
	fill_sample(data, seed);
	for (uint64_t pc = 0; pc < 64; pc++) {
		size_t count;

		self.sample->regs[REGISTER_RIP] = (uintptr_t)self.image + CODE + pc;
		count = unwind_sample(self.unwind, self.sample, pcs, UNWIND_FRAMES_MAX, &end);
		if (!count || pcs[0] != self.sample->regs[REGISTER_RIP])
			abort();
		for (size_t i = 1; i < count; i++) {
			if (!maps_find(self.maps, pcs[i]))
				abort();
		}
	}
	maps_forget(self.maps);
	return 0;
}
