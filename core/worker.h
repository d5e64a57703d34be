/* SPDX-License-Identifier: Apache-2.0 */
/* worker.h -- the one background thread: drains, unwinds, encodes, delivers. */
#pragma once

#include "core/state.h"

/* [worker] The life of the worker, begun by birth_worker; the argument is the struct state. */
void worker_main(void *state);
