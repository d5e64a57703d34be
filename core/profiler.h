/* SPDX-License-Identifier: Apache-2.0 */
/* profiler.h -- what happens at the door: a program begins, threads come and go, it forks, it ends.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/config.h"
#include "core/disposition.h"
#include "core/thread.h"

struct conprof_options;

/* [init]   The program begins: reads the environment and arms the calling thread. Does no I/O.
 * sigaction is the C library's, or NULL.
 * False when this program is not to be profiled, ever. */
bool profiler_begin(char **environment, disposition_setter *sigaction);
/* [any]    Whether allocations are to be counted. */
bool profiler_samples_heap(void);
/* [hook]   The program has made a thread or a child, and was not killed for it. */
void profiler_clone_seen(void);
/* [hook]   The program is about to fork. */
void profiler_before_fork(void);
/* [init]   A child of fork begins, on the thread that forked. */
void profiler_begin_child(void);
/* [signal] The program ends: waits, within the exit budget, for the worker to send what it has. */
void profiler_end(void);

/* [any]    As conprof_start of preload/conprof.h. */
int profiler_start(const struct conprof_options *);
/* [any]    As conprof_stop of preload/conprof.h. */
void profiler_stop(void);

/* [hook]   A slot for a thread that is about to be made, with a stack of stack_size bytes (0: not
 * known); NULL when it is not to be followed. */
struct thread *profiler_thread_new(void *(*routine)(void *), void *argument, size_t stack_size);
/* [hook]   The thread was not made after all. */
void profiler_thread_refused(struct thread *);
/* [hook]   The new thread begins, with this frame as the outermost that is ours. */
void profiler_thread_begin(struct thread *, void *frame);
/* [hook]   The thread ends: what it used and no tick saw is booked. */
void profiler_thread_end(struct thread *);

/* [worker] Copies the configuration in force. */
void profiler_copy_config(struct config *);
