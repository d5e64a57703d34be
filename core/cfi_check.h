/* SPDX-License-Identifier: Apache-2.0 */
/* cfi_check.h -- says whether call frame information is well formed and harmless to libunwind. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cfi_bytes { /* one entry of .eh_frame, from its length field to its end */
	uint64_t address;
	size_t size;
	const uint8_t *bytes;
};

struct cfi_common { /* what a CIE says of its FDEs */
	uint8_t fde_encoding;
	uint8_t lsda_encoding; /* 0xff: none */
	bool is_sized;	       /* the FDEs have an augmentation of given size */
	bool is_signal;
	bool has_expression;
};

struct cfi_description {       /* what an FDE says */
	uint64_t start, limit; /* the addresses it describes */
	bool has_expression;
};

/* [any] */
bool cfi_check_common(const struct cfi_bytes *, struct cfi_common *);
/* [any] Only start and limit, of an entry of which no more than that may be present. */
bool cfi_check_range(const struct cfi_bytes *, const struct cfi_common *, struct cfi_description *);
/* [any] */
bool cfi_check_description(const struct cfi_bytes *, const struct cfi_common *,
			   struct cfi_description *);
