/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.h -- CPU time by POSIX timers: one per thread, on the CPU clock of that thread.
 *
 * The signal is SIGURG, because its default action is to be ignored: a tick that arrives after an
 * exec or after a program reset its handlers does nothing. The handler is installed once and never
 * removed. It copies registers and a slice of stack, and leaves the rest to the worker.
 */
#pragma once

#include <time.h>

#include "core/state.h"

/* [init]   Installs the handler. 0, or -EBUSY when the program has one of its own for the signal.
 */
int cpu_install(void);
/* [worker] True while the handler is the one that cpu_install installed. */
bool cpu_installed(void);
/* [signal] Starts the ticks of the thread in slot, which has this tid and may be any thread of the
 * process: the first after a random part of the period. 0, or -errno, which is counted. */
int cpu_arm(struct state *, struct thread *, uint32_t tid);
/* [signal] Ends them. Harmless when there are none. */
void cpu_disarm(struct thread *);
/* [signal] The clock's time in nanoseconds. */
uint64_t cpu_clock_ns(clockid_t);
/* [signal] True when the calling thread blocks the signal of the ticks. */
bool cpu_is_blocked(void);
