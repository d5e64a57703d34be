/* SPDX-License-Identifier: Apache-2.0 */
/* cfi_scan.h -- a search table for objects whose linker wrote none.
 *
 * Programs linked without .eh_frame_hdr have their frame descriptions all the same. They are
 * walked once, when the first address in such an object is asked for, and only their starts are
 * kept; whoever uses one has to vet it.
 */
#pragma once

#include "core/maps.h"

struct cfi_scan;

enum {
	CFI_SCAN_BYTES_MAX = 8 << 20,  /* of one object's .eh_frame */
	CFI_SCAN_ROWS_MAX = 128 << 10, /* of all objects together: 1 MiB */
};

/* [worker] Over maps, which must outlive it; NULL without memory. */
struct cfi_scan *cfi_scan_create(struct maps *);
/* [worker] */
void cfi_scan_destroy(struct cfi_scan *);
/* [worker] The address of the last description that starts at or before address, in *fde, and its
 * start, in *start; false when there is none, or when the object is beyond the bounds. */
bool cfi_scan_find(struct cfi_scan *, const struct mapping *, uint64_t address, uint64_t *start,
		   uint64_t *fde);
/* [worker] To be called when mappings have changed: gives back the tables that were not asked for
 * since the last call. */
void cfi_scan_flush(struct cfi_scan *);
