/* SPDX-License-Identifier: Apache-2.0 */
/* state.h -- what both streets see: one piece of memory that a forked child finds wiped.
 *
 * The application's threads write records, thread slots and counters; the worker reads them and
 * says through the same words which engine runs. In a child of fork every byte of it is zero
 * (MADV_WIPEONFORK), so that nothing of the parent is counted twice, however the fork was made.
 */
#pragma once

#include <stdbool.h>

#include "core/ring.h"
#include "core/thread.h"

/* Why something is not in the profile; each is a number in the profile's comments. */
#define LOST_REASONS(X)                                                                          \
	X(LOST_FULL, "ring_full", "ticks for which the ring had no room")                        \
	X(LOST_THREADS, "thread_slots", "threads beyond those that can be followed")             \
	X(LOST_TIMER, "timer_refused", "threads for which the kernel gave no timer")             \
	X(LOST_PERF, "perf_full", "samples that the kernel had no room for")                     \
	X(LOST_UNWIND, "unwind_stopped", "samples whose outermost frames could not be found")    \
	X(LOST_LIVE, "live_full", "sampled blocks for which the table of live ones had no room") \
	X(LOST_STACKS, "stacks_full", "samples with a stack beyond those that a profile holds")  \
	X(LOST_MEMORY, "no_memory", "profiles that there was no memory to write")                \
	X(LOST_UPLOAD, "uploads_dropped", "profiles that could not be delivered")

enum lost {
#define X(name, key, meaning) name,
	LOST_REASONS(X)
#undef X
		LOST_COUNT
};

enum worker_state { WORKER_NONE, WORKER_ALIVE, WORKER_REFUSED };
enum engine { ENGINE_NONE, ENGINE_TIMER, ENGINE_PERF };

/* What the application asks of the worker, a set of bits in struct state.command. */
enum command {
	COMMAND_STOP = 1,    /* stop sampling, send what there is, leave */
	COMMAND_EXIT = 2,    /* the same within the exit budget */
	COMMAND_DRAIN = 4,   /* the ring is half full */
	COMMAND_RESTART = 8, /* begin anew with the configuration in force */
	COMMAND_LEAVE = 16,  /* go at once, and leave what there is to the next worker */
	COMMAND_LOOK = 32,   /* the program may have changed its privileges */
	COMMAND_LAST = 64,   /* the worker's own: nobody else is left */
	COMMAND_CLOSE = 128, /* the worker's own: nothing of ours may go on */
};

enum {
	STATE_RING_SIZE = 4 << 20,
	STATE_ALIVE = 0x636f6e70, /* anything but the zero that a child finds */
};

struct state {
	_Atomic uint32_t alive;		/* STATE_ALIVE once set up in this process */
	_Atomic uint32_t process;	/* its id, once asked for: a child of vfork has another */
	_Atomic uint32_t is_protected;	/* 1: a child finds it wiped */
	_Atomic uint32_t away;		/* no worker may be born while it is not 0 */
	_Atomic uint32_t quiet;		/* nor may a tick come while this is not 0 */
	_Atomic uint32_t busy;		/* threads that take a sample of the heap right now */
	_Atomic uint32_t wanted;	/* enum config_type; 0: not begun, or conprof_stop */
	_Atomic uint32_t worker;	/* enum worker_state */
	_Atomic uint32_t worker_tid;	/* futex: the kernel zeroes it when the worker has gone */
	_Atomic uint32_t command;	/* futex of the worker: bits of enum command */
	_Atomic uint32_t looked;	/* how often COMMAND_LOOK found nothing */
	_Atomic uint32_t finished;	/* futex: COMMAND_EXIT or COMMAND_STOP is done */
	_Atomic uint32_t engine;	/* enum engine: who covers threads that begin now */
	_Atomic uint32_t sampling;	/* 0: it is stopped, or pauses; ask state_is_sampling */
	_Atomic uint32_t checked_reads; /* 1: process_vm_readv may be used on unknown stacks */
	_Atomic uint32_t backend_down;	/* 1: the last attempt failed, so exit does not wait */
	_Atomic uint32_t locked;	/* 1: what is mapped from now on is locked into memory */
	_Atomic uint32_t masked;	/* 1: a thread has ever blocked a signal of ticks */
	_Atomic uint32_t unarmed;	/* 1: threads have lost their timers and need others */
	_Atomic uint32_t timers;	/* that there are now */
	_Atomic uint32_t timers_max;	/* 0: not known yet */
	_Atomic uint64_t period_ns;	/* of CPU time between two ticks of a thread */
	_Atomic uint64_t ticked_ns;	/* CPU time that ticks have seen in all */
	_Atomic uint64_t began_ns;	/* CLOCK_MONOTONIC when the time of the first tick began */
	_Atomic uint64_t born_after_ns; /* CLOCK_MONOTONIC before which no worker is born */
	_Atomic uint32_t heap_interval; /* mean bytes between two sampled allocations; 0: none is */
	_Atomic uint64_t allocations;	/* that were sampled */
	_Atomic uint64_t unrecorded_blocks; /* of those, with no room in the ring */
	_Atomic uint64_t unrecorded_bytes;
	_Atomic uint32_t wants_figures;	 /* 1: the next thread to be sampled asks the allocator */
	_Atomic uint64_t allocator_used; /* what it said; 0: nothing yet */
	_Atomic uint64_t allocator_held;
	_Atomic uint64_t figures_cost_ns; /* what asking it took */
	_Atomic uint64_t lost[LOST_COUNT];
	uint64_t reported_blocks; /* of those without a record, that are in a profile */
	uint64_t reported_bytes;
	uint32_t strangers;    /* workers that left because privileges had changed */
	uint32_t sessions;     /* configurations that workers have run so far */
	uint8_t *worker_stack; /* mapped at the first birth in this process */
	struct ring ring;
	struct threads threads;
	_Alignas(4096) uint8_t bytes[STATE_RING_SIZE];
};

/* [init]   This process's state, set up at the first call. */
struct state *state_open(void);
/* [signal] The state if it is set up in this very process, or NULL: before the constructor, and in
 * a child of fork until it opens its own. */
struct state *state_get(void);
/* [signal] The same, or NULL also in a child of vfork, whose memory is its parent's. */
struct state *state_of_process(void);
/* [signal] Has the kernel wipe the state in children from now on (Linux 4.14). Not done at once,
 * because the constructor may cost so many system calls: a child that is forked without libc before
 * the first tick or thread finds a state that says nothing but that its parent was armed. */
void state_protect(struct state *);
/* [init]   In a child of fork: wipes what the kernel did not. */
void state_forget_parent(void);
/* [signal] This process and its children are not profiled any more: state_get finds nothing from
 * now on, so that no call of the program makes a system call of ours, for which a filter may kill.
 */
void state_close(void);
/* [signal] Then state_open is not called either. */
bool state_is_closed(void);
/* [signal] False: timers are to stay disarmed. */
bool state_is_sampling(const struct state *);
/* [signal] One more of this loss. */
void state_lost(struct state *, enum lost reason);
/* [signal] Sleeps until the word is no longer value, or ms have passed. */
void state_wait(_Atomic uint32_t *word, uint32_t value, int ms);
/* [signal] Has the worker come before its next round when the ring is half full. */
void state_wake_when_half_full(struct state *);
/* [signal] Wakes all who sleep on the word. */
void state_wake(_Atomic uint32_t *word);
