/* SPDX-License-Identifier: Apache-2.0 */
/* unwind.h -- from a record to the addresses of its frames.
 *
 * Reads only the record's slice of stack and the unwind tables of known mappings. Kept this
 * narrow so that another unwinder can stand behind it.
 */
#pragma once

#include "core/maps.h"
#include "core/sample.h"

enum { UNWIND_FRAMES_MAX = 512 };

enum unwind_end {
	UNWIND_COMPLETE,  /* reached the outermost frame */
	UNWIND_TRUNCATED, /* the slice ended before the stack did, or more than max frames */
	UNWIND_LOST,	  /* a frame whose caller could not be found */
};

struct unwind;

/* [worker] An unwinder over maps, which must outlive it; NULL without memory. */
struct unwind *unwind_create(struct maps *);
/* [worker] */
void unwind_destroy(struct unwind *);
/* [worker] Writes at most max addresses into pcs, innermost first: the first is exact, callers are
 * inside their call instruction (return address - 1), except above a signal frame, where the
 * interrupted address is exact. A sample whose tables or code ask for far more work than others'
 * is lost at that frame. Returns their number, at least 1 (max >= 1), and why it ended. */
size_t unwind_sample(struct unwind *, const struct sample *, uint64_t *pcs, size_t max,
		     enum unwind_end *);
/* [worker] Forgets what was cached of the mappings; to be called when maps_refresh says changed. */
void unwind_flush(struct unwind *);
