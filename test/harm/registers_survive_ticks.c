/* SPDX-License-Identifier: Apache-2.0 */
/* registers_survive_ticks.c -- what lies in registers, in the flags, below the stack pointer and in
 * errno is there after each tick.
 *
 * Each loop is a leaf that keeps a pattern in all it can and looks for it again and again.
 *
 * harm: signals
 * level: P0
 * flags: -O2 -pthread -mno-avx
 */
#include "life.h"
#include <errno.h>
#include <immintrin.h>
#include <pthread.h>

enum { SPINS = 2000000 };

static int seconds_are_over(double end)
{
	return seconds_of(CLOCK_THREAD_CPUTIME_ID) > end;
}

/* Loads all general registers but four, spins, and adds up in what they differ. */
static unsigned long keep_general(void)
{
	unsigned long wrong = 0, spins = SPINS;
	__asm__ volatile("movq $0x0123456789abcdef, %%rax\n"
			 "movq %%rax, %%rdx\n movq %%rax, %%rsi\n movq %%rax, %%rdi\n"
			 "movq %%rax, %%r8\n movq %%rax, %%r9\n movq %%rax, %%r10\n"
			 "movq %%rax, %%r11\n movq %%rax, %%r12\n movq %%rax, %%r13\n"
			 "movq %%rax, %%r14\n movq %%rax, %%r15\n"
			 "1: decq %[spins]\n jnz 1b\n"
			 "movq $0x0123456789abcdef, %[spins]\n"
			 "xorq %[spins], %%rax\n orq %%rax, %[wrong]\n"
			 "xorq %[spins], %%rdx\n orq %%rdx, %[wrong]\n"
			 "xorq %[spins], %%rsi\n orq %%rsi, %[wrong]\n"
			 "xorq %[spins], %%rdi\n orq %%rdi, %[wrong]\n"
			 "xorq %[spins], %%r8\n orq %%r8, %[wrong]\n"
			 "xorq %[spins], %%r9\n orq %%r9, %[wrong]\n"
			 "xorq %[spins], %%r10\n orq %%r10, %[wrong]\n"
			 "xorq %[spins], %%r11\n orq %%r11, %[wrong]\n"
			 "xorq %[spins], %%r12\n orq %%r12, %[wrong]\n"
			 "xorq %[spins], %%r13\n orq %%r13, %[wrong]\n"
			 "xorq %[spins], %%r14\n orq %%r14, %[wrong]\n"
			 "xorq %[spins], %%r15\n orq %%r15, %[wrong]\n"
			 : [wrong] "+b"(wrong), [spins] "+c"(spins)
			 :
			 : "rax", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
			   "r14", "r15", "cc");
	return wrong;
}

/* 128 bytes below the stack pointer belong to a function that calls nobody. */
static unsigned long keep_red_zone(void)
{
	unsigned long wrong = 0, spins = SPINS;
	__asm__ volatile("leaq -512(%%rsp), %%rsp\n"
			 "movq %[spins], -8(%%rsp)\n movq %[spins], -64(%%rsp)\n"
			 "movq %[spins], -128(%%rsp)\n movq %[spins], %%rax\n"
			 "1: decq %[spins]\n jnz 1b\n"
			 "movq -8(%%rsp), %%rdx\n xorq %%rax, %%rdx\n orq %%rdx, %[wrong]\n"
			 "movq -64(%%rsp), %%rdx\n xorq %%rax, %%rdx\n orq %%rdx, %[wrong]\n"
			 "movq -128(%%rsp), %%rdx\n xorq %%rax, %%rdx\n orq %%rdx, %[wrong]\n"
			 "leaq 512(%%rsp), %%rsp\n"
			 : [wrong] "+b"(wrong), [spins] "+c"(spins)
			 :
			 : "rax", "rdx", "cc", "memory");
	return wrong;
}

/* Direction, carry and overflow; the loop counts with instructions that leave them alone. */
static unsigned long keep_flags(void)
{
	unsigned long flags, spins = SPINS;
	__asm__ volatile("std\n stc\n"
			 "1: leaq -1(%[spins]), %[spins]\n jrcxz 2f\n jmp 1b\n"
			 "2: pushfq\n popq %[flags]\n cld\n"
			 : [flags] "=r"(flags), [spins] "+c"(spins)
			 :
			 : "cc", "memory");
	return (flags & 0x401) ^ 0x401;
}

static unsigned long keep_vectors(void)
{
	static const unsigned long pattern[2] = {0x1111222233334444, 0x5555666677778888};
	unsigned long wrong, spins = SPINS;
	__asm__ volatile(
		"movdqu %[pattern], %%xmm0\n"
		"movdqa %%xmm0, %%xmm1\n movdqa %%xmm0, %%xmm7\n movdqa %%xmm0, %%xmm8\n"
		"movdqa %%xmm0, %%xmm15\n"
		"1: decq %[spins]\n jnz 1b\n"
		"pxor %%xmm0, %%xmm1\n pxor %%xmm0, %%xmm7\n por %%xmm7, %%xmm1\n"
		"pxor %%xmm0, %%xmm8\n por %%xmm8, %%xmm1\n"
		"movdqu %[pattern], %%xmm7\n pxor %%xmm7, %%xmm0\n por %%xmm0, %%xmm1\n"
		"pxor %%xmm7, %%xmm15\n por %%xmm15, %%xmm1\n"
		"pxor %%xmm0, %%xmm0\n pcmpeqb %%xmm0, %%xmm1\n pmovmskb %%xmm1, %k[wrong]\n"
		: [wrong] "=r"(wrong), [spins] "+c"(spins)
		: [pattern] "m"(pattern)
		: "xmm0", "xmm1", "xmm7", "xmm8", "xmm15", "cc");
	return (unsigned)wrong ^ 0xffff;
}

__attribute__((target("avx2"))) static unsigned long keep_wide_vectors(void)
{
	static const unsigned char pattern[32] = "a pattern of thirty-two letters";
	unsigned long wrong, spins = SPINS;
	__asm__ volatile("vmovdqu %[pattern], %%ymm2\n vmovdqa %%ymm2, %%ymm3\n"
			 "vmovdqa %%ymm2, %%ymm14\n"
			 "1: decq %[spins]\n jnz 1b\n"
			 "vpcmpeqb %[pattern], %%ymm2, %%ymm2\n"
			 "vpcmpeqb %[pattern], %%ymm3, %%ymm3\n"
			 "vpcmpeqb %[pattern], %%ymm14, %%ymm14\n"
			 "vpand %%ymm2, %%ymm3, %%ymm3\n vpand %%ymm3, %%ymm14, %%ymm14\n"
			 "vpmovmskb %%ymm14, %k[wrong]\n vzeroupper\n"
			 : [wrong] "=r"(wrong), [spins] "+c"(spins)
			 : [pattern] "m"(pattern)
			 : "xmm2", "xmm3", "xmm14", "cc");
	return (unsigned)~wrong;
}

__attribute__((target("avx512f,avx512bw"))) static unsigned long keep_widest_vectors(void)
{
	static const unsigned char pattern[64] =
		"and another one, of twice as many letters, for what is widest..";
	unsigned long wrong, spins = SPINS;
	__asm__ volatile("vmovdqu64 %[pattern], %%zmm5\n vmovdqa64 %%zmm5, %%zmm31\n"
			 "movq $0x0f0f0f0f12345678, %%rax\n kmovq %%rax, %%k1\n kmovq %%rax, %%k7\n"
			 "1: decq %[spins]\n jnz 1b\n"
			 "kxorq %%k1, %%k7, %%k7\n kmovq %%k7, %[wrong]\n"
			 "kmovq %%k1, %%rdx\n xorq %%rax, %%rdx\n orq %%rdx, %[wrong]\n"
			 "vmovdqu64 %[pattern], %%zmm6\n"
			 "vpcmpneqq %%zmm6, %%zmm5, %%k1\n vpcmpneqq %%zmm6, %%zmm31, %%k2\n"
			 "kmovq %%k1, %%rax\n orq %%rax, %[wrong]\n"
			 "kmovq %%k2, %%rax\n orq %%rax, %[wrong]\n vzeroupper\n"
			 : [wrong] "=&r"(wrong), [spins] "+c"(spins)
			 : [pattern] "m"(pattern)
			 : "rax", "rdx", "xmm5", "xmm6", "cc", "memory");
	return wrong;
}

/* Flush to zero and rounding upwards; one number of three deep in the x87 stack. */
static unsigned long keep_arithmetic(void)
{
	unsigned mxcsr = 0xdf80, mxcsr_before, mxcsr_after;
	unsigned short control = 0x0b7f, control_before, control_after;
	unsigned long spins = SPINS;
	long number = 123456789;
	__asm__ volatile(
		"stmxcsr %[mb]\n fnstcw %[cb]\n ldmxcsr %[m]\n fldcw %[c]\n"
		"fildq %[number]\n fld1\n fldpi\n"
		"1: decq %[spins]\n jnz 1b\n"
		"fstp %%st(0)\n fstp %%st(0)\n fistpq %[number]\n"
		"stmxcsr %[ma]\n fnstcw %[ca]\n ldmxcsr %[mb]\n fldcw %[cb]\n"
		: [mb] "=m"(mxcsr_before), [cb] "=m"(control_before), [ma] "=m"(mxcsr_after),
		  [ca] "=m"(control_after), [spins] "+c"(spins), [number] "+m"(number)
		: [m] "m"(mxcsr), [c] "m"(control)
		: "cc", "memory");
	return (mxcsr_after ^ mxcsr) | (unsigned)(control_after ^ control) | (number != 123456789);
}

static unsigned long keep_errno(void)
{
	errno = 4711;
	for (volatile int i = 0; i < SPINS; i++)
		;
	return errno != 4711;
}

static const struct {
	const char *name, *needs;
	unsigned long (*keep)(void);
} kinds[] = {{"general registers", NULL, keep_general},
	     {"red zone", NULL, keep_red_zone},
	     {"flags", NULL, keep_flags},
	     {"vectors", NULL, keep_vectors},
	     {"wide vectors", "avx2", keep_wide_vectors},
	     {"widest vectors and masks", "avx512bw", keep_widest_vectors},
	     {"arithmetic", NULL, keep_arithmetic},
	     {"errno", NULL, keep_errno}};

static int is_there(const char *feature)
{
	return !feature || (strcmp(feature, "avx2") == 0 ? __builtin_cpu_supports("avx2")
							 : __builtin_cpu_supports("avx512bw"));
}

static void *keep_all(void *who)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		unsigned long wrong = 0;
		double end = seconds_of(CLOCK_THREAD_CPUTIME_ID) + 0.1;
		while (is_there(kinds[i].needs) && !seconds_are_over(end))
			wrong |= kinds[i].keep();
		printf("%s: %s %s\n", (char *)who, kinds[i].name, wrong ? "CHANGED" : "as before");
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;
	__builtin_cpu_init();
	keep_all("main");
	pthread_create(&thread, NULL, keep_all, "thread");
	return pthread_join(thread, NULL);
}
