/* SPDX-License-Identifier: Apache-2.0 */
/* sample.h -- the one record that every source of samples produces.
 *
 * Registers, a slice of stack, thread, time, weight, kind. It is what the ring carries, what the
 * unwinder reads, and what a perf record is turned into.
 */
#pragma once

#include <stdint.h>

/* DWARF numbering of x86-64 (psABI figure 3.36); libunwind numbers them alike. */
enum sample_register {
	REGISTER_RAX,
	REGISTER_RDX,
	REGISTER_RCX,
	REGISTER_RBX,
	REGISTER_RSI,
	REGISTER_RDI,
	REGISTER_RBP,
	REGISTER_RSP,
	REGISTER_R8,
	REGISTER_R15 = 15,
	REGISTER_RIP,
	REGISTER_COUNT,
};

enum sample_kind {
	SAMPLE_CPU = 1,	   /* a tick of CPU time; weight in nanoseconds */
	SAMPLE_THREAD_END, /* a thread ended; weight is all the CPU time it used, in nanoseconds */
	SAMPLE_ALLOCATION, /* a block was allocated; weight is the bytes that were asked for */
};

enum {
	SAMPLE_STACK_MAX = 32 << 10, /* most bytes of stack that one record carries */
	SAMPLE_NAME_SIZE = 16,	     /* of a thread's name, as the kernel's TASK_COMM_LEN */
};

/* Of SAMPLE_ALLOCATION: the place of the block among those that are alive (live.h). */
struct sample_block {
	int32_t slot; /* LIVE_NONE: there was no room */
	uint32_t generation;
	uint32_t interval; /* mean bytes between two samples */
};

struct sample {
	uint32_t kind;
	uint32_t tid;
	uint64_t weight; /* what it stands for, by kind */
	struct sample_block block;
	uint64_t regs[REGISTER_COUNT]; /* of the interrupted code; for SAMPLE_THREAD_END only RIP,
					* the thread's start routine */
	uint32_t stack_size;	       /* bytes copied from regs[REGISTER_RSP] upward */
	uint32_t stack_cut;	       /* 1: the stack goes on above the slice */
	union {
		uint8_t stack[1];	     /* really stack_size bytes */
		char name[SAMPLE_NAME_SIZE]; /* of SAMPLE_THREAD_END */
	};
};
