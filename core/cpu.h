/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.h -- CPU time by POSIX timers: one per thread, on the CPU clock of that thread.
 *
 * The signal is SIGURG, because its default action is to be ignored: a tick that arrives after an
 * exec or after a program reset its handlers does nothing. For threads that block it (postgres
 * reads it from a signalfd) there is a spare of the same kind, SIGWINCH. A handler is installed
 * once and never removed. It copies registers and a slice of stack, and leaves the rest to the
 * worker.
 */
#pragma once

#include "core/state.h"

/* [init]   Installs the handler. 0, or -EBUSY when the program has one of its own for the signal.
 */
int cpu_install(void);
/* [worker] True while every handler that was installed is still ours. */
bool cpu_installed(void);
/* [hook]   Arms the calling thread, in slot, as cpu_arm does; installs the handler of the spare
 * signal when that is what it takes. In a child of fork the signals that are all blocked are taken
 * for blocked until the fork is done, as careful programs do. */
int cpu_arm_self(struct state *, struct thread *, uint32_t tid, bool is_forked);
/* [signal] Starts the ticks of the thread in slot, which has this tid, blocks these signals (bit 0
 * for signal 1) and may be any thread of the process: the first after a random part of the period.
 * 0; -EBUSY when it blocks all that we have a handler for; else -errno, which is counted. */
int cpu_arm(struct state *, struct thread *, uint32_t tid, uint64_t blocked);
/* [signal] Ends them. Harmless when there are none. */
void cpu_disarm(struct thread *);
