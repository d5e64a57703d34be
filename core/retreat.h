/* SPDX-License-Identifier: Apache-2.0 */
/* retreat.h -- out of the way: for calls that the kernel grants to a process with one thread only,
 * and for sandboxes, in which a thread of ours would be either killed or left outside.
 */
#pragma once

#include <stdbool.h>

struct retreat {
	struct state *state; /* NULL: there is nobody to retreat */
	bool is_final;
};

/* [hook]   Before such a call, on the thread that makes it. When it returns no thread of ours is
 * left and none is born until retreat_end; unless the worker did not leave within a second. A final
 * retreat leaves no timer either, and what was sampled is sent within the exit budget; otherwise
 * the next worker goes on with it. */
struct retreat retreat_begin(bool is_final);
enum retreat_outcome {
	RETREAT_OVER,	/* the call has failed, or is over: all goes on */
	RETREAT_STAYS,	/* this process is not profiled any more */
	RETREAT_CLOSES, /* nor are its children, and no call of theirs makes one of ours */
};

/* [hook]   After it. */
void retreat_end(const struct retreat *, enum retreat_outcome);
/* [hook]   After the program has changed its user, groups or capabilities, or tried to: tells the
 * worker, which has the old ones, to look, and if need be to leave. With waits, returns when it has
 * gone or has seen that nothing changed; at the latest after 50 ms. */
void retreat_from_privileges(bool waits);
