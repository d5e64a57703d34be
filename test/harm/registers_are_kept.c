/* SPDX-License-Identifier: Apache-2.0 */
/* registers_are_kept.c -- whatever comes in between, a loop finds its registers and stack
 * unchanged.
 *
 * Vector registers, the modes of both floating-point units, general registers, the direction flag,
 * the 128 bytes below the stack pointer, and errno.
 *
 * harm: signals
 * level: P0
 */
#include "life.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { THREADS = 3, LAPS = 100000, RED = 16, DIRECTION = 1 << 10 };

struct image {
	uint8_t vector[16][32];
	uint64_t general[8];
	uint64_t red[RED];
	uint64_t flags;
	uint8_t x87[16];
	uint32_t mxcsr;
	uint16_t control;
	uint16_t padding;
};

#define EACH_OF_8(DO)	    DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define EACH_OF_16(DO)	    EACH_OF_8(DO) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)
#define LOAD_WIDE(i)	    "vmovdqu " #i "*32(%%rsi), %%ymm" #i "\n"
#define STORE_WIDE(i)	    "vmovdqu %%ymm" #i ", " #i "*32(%%rdi)\n"
#define LOAD_NARROW(i)	    "movdqu " #i "*32(%%rsi), %%xmm" #i "\n"
#define STORE_NARROW(i)	    "movdqu %%xmm" #i ", " #i "*32(%%rdi)\n"
#define LOAD_RED(i)	    "movq %c[red]+8*" #i "(%%rsi), %%rax\nmovq %%rax, -8-8*" #i "(%%rsp)\n"
#define STORE_RED(i)	    "movq -8-8*" #i "(%%rsp), %%rax\nmovq %%rax, %c[red]+8*" #i "(%%rdi)\n"
#define LOAD_GENERAL(r, i)  "movq %c[general]+8*" #i "(%%rsi), %%" #r "\n"
#define STORE_GENERAL(r, i) "movq %%" #r ", %c[general]+8*" #i "(%%rdi)\n"
#define GENERAL(DO)	    DO(r8, 0) DO(r9, 1) DO(r10, 2) DO(r11, 3) DO(r12, 4) DO(r13, 5) DO(r14, 6)

/* All in one piece, of which the compiler has no part. The stack pointer moves first, so that what
 * lies below it is nobody else's. */
/* clang-format off */
#define HOLD(LOAD, STORE) \
	__asm__ volatile("subq $512, %%rsp\n" \
			 "ldmxcsr %c[mxcsr](%%rsi)\n" \
			 "fldcw %c[control](%%rsi)\n" \
			 "fldt %c[x87](%%rsi)\n" \
			 EACH_OF_16(LOAD) EACH_OF_16(LOAD_RED) GENERAL(LOAD_GENERAL) \
			 "std\n" \
			 "1: decq %%rcx\n" \
			 "jnz 1b\n" \
			 EACH_OF_16(STORE_RED) GENERAL(STORE_GENERAL) EACH_OF_16(STORE) \
			 "fstpt %c[x87](%%rdi)\n" \
			 "stmxcsr %c[mxcsr](%%rdi)\n" \
			 "fnstcw %c[control](%%rdi)\n" \
			 "pushfq\n" \
			 "popq %c[flags](%%rdi)\n" \
			 "cld\n" \
			 "addq $512, %%rsp\n" \
			 : "+c"(laps) \
			 : "S"(in), "D"(out), OFFSET(mxcsr), OFFSET(control), OFFSET(x87), \
			   OFFSET(red), OFFSET(general), OFFSET(flags) \
			 : "rax", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "memory", "cc", \
			   "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", \
			   "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")
#define OFFSET(field) [field] "i"(offsetof(struct image, field))
/* clang-format on */

static void hold_narrow(const struct image *in, struct image *out, long laps)
{
	HOLD(LOAD_NARROW, STORE_NARROW);
}

static void hold_wide(const struct image *in, struct image *out, long laps)
{
	HOLD(LOAD_WIDE, STORE_WIDE);
	__asm__ volatile("vzeroupper");
}

static void fill(struct image *image, int is_wide, unsigned seed)
{
	uint8_t *bytes = (uint8_t *)image;
	memset(image, 0, sizeof *image);
	for (size_t i = 0; i < offsetof(struct image, flags); i++) {
		seed = seed * 1103515245 + 12345;
		bytes[i] = (uint8_t)(seed >> 16);
	}
	for (int i = 0; i < 16 && !is_wide; i++)
		memset(image->vector[i] + 16, 0, 16);
	image->general[7] = 0;
	image->flags = DIRECTION;
	memcpy(image->x87, &(long double){3.25L * (seed % 7 + 1)}, 10);
	image->mxcsr = 0xff80; /* towards zero, denormals are zero and flushed to it */
	image->control = 0x0c7f;
}

static atomic_int wrong_registers, wrong_errno;

static void *hold_and_compare(void *argument)
{
	int is_wide = __builtin_cpu_supports("avx");
	unsigned seed = (unsigned)(uintptr_t)argument;
	uint32_t mxcsr = __builtin_ia32_stmxcsr();
	uint16_t control;
	__asm__ volatile("fnstcw %0" : "=m"(control));
	double end = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) + 0.4;
	while (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) < end) {
		struct image in, out;
		fill(&in, is_wide, seed++);
		memset(&out, 0, sizeof out);
		errno = EXDEV;
		(is_wide ? hold_wide : hold_narrow)(&in, &out, LAPS);
		__builtin_ia32_ldmxcsr(mxcsr);
		__asm__ volatile("fldcw %0" : : "m"(control));
		wrong_errno += errno != EXDEV;
		out.flags &= DIRECTION;
		wrong_registers += memcmp(&in, &out, sizeof in) != 0;
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, hold_and_compare, (void *)(i * 7919 + 1));
	hold_and_compare((void *)4711);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("registers changed: %d, errno changed: %d\n", wrong_registers, wrong_errno);
	return 0;
}
