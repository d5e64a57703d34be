/* SPDX-License-Identifier: Apache-2.0 */
/* merging.h -- the profiles of a selection are read from the store and merged, for as long as
 * somebody waits for it, and not for ever.
 */
#pragma once

#include "collector/exchange.h"
#include "collector/merge.h"
#include "collector/selection.h"

struct merging {
	struct exchange *exchange; /* who waits, and whose collector has the profiles */
	const struct selection *selection;
	size_t memory;	     /* bytes that it may take */
	int64_t deadline_ns; /* see merging_deadline */
};

/* [any]    When a merge that begins now has to be over, as the options have it. */
int64_t merging_deadline(const struct collector *);
/* [any]    Merges the selection: *merged is the caller's. 0, -ECANCELED when nobody waits any
 *          more, -ETIMEDOUT after the deadline, else as merge_run, and why says more. */
int merging_run(const struct merging *, struct merged **, char why[MERGE_ERROR_SIZE]);
/* [any]    The same as merge_pprof. */
int merging_pprof(const struct merging *, uint8_t **bytes, size_t *size,
		  char why[MERGE_ERROR_SIZE]);
/* [any]    Refuses with what one of the two has returned and said. */
void merging_refuse(struct exchange *, int error, const char *why);
