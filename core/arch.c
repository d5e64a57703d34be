/* SPDX-License-Identifier: Apache-2.0 */
/* arch.c -- a thread that no C library knows of, and the time without one. */
#include "core/arch.h"

#include <sched.h>
#include <sys/syscall.h>

/* Without CLONE_FILES: the thread gets a descriptor table of its own, so that neither the host's
 * closefrom touches ours nor our descriptors show up in the host. With CLONE_FS: a chroot of the
 * host is ours too. */
#define THREAD_FLAGS                                                                         \
	(CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | \
	 CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

long arch_thread(void (*entry)(void *), void *argument, void *stack_end, void *tls, uint32_t *tid)
{
	uint64_t *top = (uint64_t *)((uintptr_t)stack_end & ~(uintptr_t)15);
	*--top = 0; /* keeps the stack aligned for the call below */
	*--top = 0; /* and ends a walk by frame pointers */
	*--top = (uint64_t)(uintptr_t)argument;
	*--top = (uint64_t)(uintptr_t)entry;

	register long r10 __asm__("r10") = (long)tid;
	register long r8 __asm__("r8") = (long)tls;
	long result;
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "pop %%rax\n\t"
			 "pop %%rdi\n\t"
			 "call *%%rax\n\t"
			 "xor %%edi, %%edi\n\t"
			 "mov %[exit], %%eax\n\t"
			 "syscall\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(result)
			 : "a"(SYS_clone), "D"(THREAD_FLAGS), "S"(top), "d"(tid), "r"(r10),
			   "r"(r8), [exit] "i"(SYS_exit)
			 : "rcx", "r11", "memory");
	return result;
}

uint64_t arch_clock_ns(clockid_t clock)
{
	struct timespec now = {0};
	arch_syscall(SYS_clock_gettime, clock, (long)&now, 0, 0, 0);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
