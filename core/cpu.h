/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.h -- CPU time by POSIX timers: one per thread, on the CPU clock of that thread.
 *
 * The signal is SIGURG, because its default action is to be ignored: a tick that arrives after an
 * exec or after a program reset its handlers does nothing. For threads that block it (postgres
 * reads it from a signalfd) there is a spare of the same kind, SIGWINCH. The handler stays
 * installed until the program installs one of its own. It copies registers and a slice of stack,
 * and leaves the rest to the worker.
 */
#pragma once

#include <signal.h>

#include "core/state.h"

enum { CPU_SIGNALS = 2 };

/* The signals of ticks: the usual one and the spare. */
extern const int cpu_signals[CPU_SIGNALS];

/* [init]   Says which sigaction is the C library's; NULL when there is none to be had. */
void cpu_prepare(int (*sigaction)(int, const struct sigaction *, struct sigaction *));
/* [hook]   Installs the handler for cpu_signals[which], if it is not installed. 0, or -EBUSY when
 * the program has one of its own for the signal, or ignores it: a handler is left in its place, but
 * for a moment at the first call of all. */
int cpu_install(int which);
/* [hook]   The handler is about to be replaced by the program's: no more timers with this signal.
 */
void cpu_yield(int which);
/* [signal] True from cpu_install to cpu_yield. */
bool cpu_has_installed(int which);
/* [signal] True for the address of the handler of ticks. */
bool cpu_is_tick(uintptr_t handler);
/* [hook]   The disposition that the program has set for a signal whose handler is ours: never a
 * handler. Written and read with all signals blocked. */
struct sigaction *cpu_believed(int which);
/* [signal] Those in a mask as the kernel has it: bit i for cpu_signals[i]. */
uint32_t cpu_signals_in(uint64_t set);
/* [worker] True while there is a handler and every one that was installed is still ours. */
bool cpu_is_installed(void);
/* [hook]   Arms the calling thread, in slot, as cpu_arm does, unless it is armed; installs the
 * handler of the spare signal when that is what it takes. */
int cpu_arm_self(struct state *, struct thread *, uint32_t tid);
/* [signal] Starts the ticks of the thread in slot, which has this tid, blocks these signals (bit 0
 * for signal 1) and may be any thread of the process: the first after a random part of the period.
 * 0; -EBUSY when it blocks all that we have a handler for; else -errno, which is counted. */
int cpu_arm(struct state *, struct thread *, uint32_t tid, uint64_t blocked);
/* [signal] Ends them. Harmless when there are none. */
void cpu_disarm(struct state *, struct thread *);
/* [signal] Ends the ticks of every thread; one that begins meanwhile is not covered. */
void cpu_disarm_all(struct state *);
/* [hook]   The same, and returns when those of other threads that were on their way have come. */
void cpu_silence(struct state *);
