/* SPDX-License-Identifier: Apache-2.0 */
/* arch.h -- what depends on the processor: raw system calls, registers of a signal frame.
 *
 * The calls leave errno alone, because errno belongs to the thread that was interrupted.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

#include "core/sample.h"

#ifndef __x86_64__
#error "conprof knows x86-64 only"
#endif

/* [signal] System call number with up to six arguments; the result, or -errno. */
static inline long arch_syscall(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

static inline long arch_syscall6(long number, const long a[6])
{
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];
	long result;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* [signal] The calling thread, and its process: as the kernel counts them now, since a child of
 * vfork or of a bare clone shares all that could remember them. */
static inline uint32_t arch_thread_id(void)
{
	return (uint32_t)arch_syscall(SYS_gettid, 0, 0, 0, 0, 0);
}

static inline uint32_t arch_process_id(void)
{
	return (uint32_t)arch_syscall(SYS_getpid, 0, 0, 0, 0, 0);
}

/* [signal] The registers of the interrupted code. */
static inline void arch_registers(const ucontext_t *interrupted, uint64_t regs[REGISTER_COUNT])
{
	static const uint8_t from[REGISTER_COUNT] = {
		REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
		REG_R9,	 REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
	};
	for (int i = 0; i < REGISTER_COUNT; i++)
		regs[i] = (uint64_t)interrupted->uc_mcontext.gregs[from[i]];
}

/* [hook]   Those of the code that calls this, as far as its callers need them. */
static inline __attribute__((always_inline)) void
arch_current_registers(uint64_t regs[REGISTER_COUNT])
{
	__asm__ volatile(
		"movq %%rbx, %c[rbx](%[regs])\n\t"
		"movq %%rbp, %c[rbp](%[regs])\n\t"
		"movq %%rsp, %c[rsp](%[regs])\n\t"
		"movq %%r12, %c[r12](%[regs])\n\t"
		"movq %%r13, %c[r13](%[regs])\n\t"
		"movq %%r14, %c[r14](%[regs])\n\t"
		"movq %%r15, %c[r15](%[regs])\n\t"
		"leaq 1f(%%rip), %%rax\n\t"
		"movq %%rax, %c[rip](%[regs])\n\t"
		"1:"
		:
		: [regs] "r"(regs), [rbx] "i"(REGISTER_RBX * 8), [rbp] "i"(REGISTER_RBP * 8),
		  [rsp] "i"(REGISTER_RSP * 8), [r12] "i"(12 * 8), [r13] "i"(13 * 8),
		  [r14] "i"(14 * 8), [r15] "i"(15 * 8), [rip] "i"(REGISTER_RIP * 8)
		: "rax", "memory");
}

/* Rounding, precision and exceptions as the ABI has them at the start of a process (psABI, 3.4.1;
 * Intel SDM, volume 1, 11.6.4). */
static const uint32_t arch_default_control = 0x1f80;

/* [worker] The calling thread has these from now on. */
static inline void arch_reset_floating_point(void)
{
	__asm__ volatile("fninit\n\tldmxcsr %0" : : "m"(arch_default_control));
}

/* [hook]   The same, but for x87, until arch_leave_floating_point. What is computed in between has
 * to begin with *value and to end in what the other is given, or the compiler may move it out. */
static inline uint32_t arch_enter_floating_point(uint64_t *value)
{
	uint32_t control = __builtin_ia32_stmxcsr();
	__asm__ volatile("ldmxcsr %1" : "+r"(*value) : "m"(arch_default_control));
	return control;
}

static inline void arch_leave_floating_point(uint64_t *value, uint32_t control)
{
	__asm__ volatile("ldmxcsr %1" : "+r"(*value) : "m"(control));
}

/* Where the loader has mapped this library. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

/* [signal] memcpy and memset, without the host's, which may be anybody's. */
static inline void arch_copy(void *to, const void *from, size_t len)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(len) : : "memory");
}

static inline void arch_zero(void *to, size_t len)
{
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(len) : "a"(0) : "memory");
}

/* [signal] Numbers that differ from thread to thread and from call to call; not for secrets. */
static inline uint64_t arch_noise(uint64_t salt)
{
	uint64_t x = __builtin_ia32_rdtsc() ^ (salt * 0x9e3779b97f4a7c15u);
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* [signal] The CPU clock of any thread of this process, as the kernel encodes it
 * (clock_gettime(2)). */
static inline clockid_t arch_thread_clock(uint32_t tid)
{
	return (clockid_t)((~tid << 3) | 6);
}

/* [signal] What the clock says, in nanoseconds; 0 when there is no such clock. */
uint64_t arch_clock_ns(clockid_t);
/* [init]   True under valgrind, which knows no thread like ours and ends the program for it. The
 * instructions do nothing elsewhere (valgrind.h, RUNNING_ON_VALGRIND). */
static inline int arch_is_emulated(void)
{
	const uint64_t request[6] = {0x1001};
	uint64_t answer = 0;
	__asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "+d"(answer)
			 : "a"(request)
			 : "cc", "memory", "rdi");
	return answer != 0;
}

/* [signal] Starts entry(argument) as a thread of this process on the stack that ends at stack_end,
 * with thread pointer tls and a copy of the descriptor table; it ends when entry returns. The
 * kernel zeroes *tid and wakes its futex then. The thread's id, or -errno. */
long arch_thread(void (*entry)(void *), void *argument, void *stack_end, void *tls, uint32_t *tid);
