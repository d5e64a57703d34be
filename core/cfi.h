/* SPDX-License-Identifier: Apache-2.0 */
/* cfi.h -- finds the call frame information of an address, and vets it.
 *
 * libunwind believes its input: a hostile or half-loaded table makes it loop, index beyond its
 * arrays or fail an assertion. So it never sees the host's memory, only copies of what passed
 * here. Copies with DWARF expressions are kept, since libunwind's cache refers to their bytes.
 */
#pragma once

#include "core/maps.h"

struct cfi;

struct cfi_row {	    /* the one row of a search table for libunwind */
	int32_t start;	    /* first address of the function, relative to base */
	int32_t fde;	    /* address of its frame description, relative to base */
	uint64_t base;	    /* address of .eh_frame_hdr, or of the image without one */
	bool is_signal;	    /* describes a signal's trampoline */
	bool has_forgotten; /* kept copies had to go: libunwind's cache must follow */
};

/* [worker] Over maps, which must outlive it; NULL without memory. */
struct cfi *cfi_create(struct maps *);
/* [worker] */
void cfi_destroy(struct cfi *);
/* [worker] What describes address, inside this mapping: 0; -ENOENT when nothing does, -EBADMSG when
 * it is not fit to be used. */
int cfi_find(struct cfi *, const struct mapping *, uint64_t address, struct cfi_row *);
/* [worker] The eight bytes at address, of what was found last or kept before; bytes beside a copy
 * are zero. False when no copy holds any of them. */
bool cfi_word(const struct cfi *, uint64_t address, uint64_t *word);
/* [worker] Forgets every copy. */
void cfi_flush(struct cfi *);
