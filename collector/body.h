/* SPDX-License-Identifier: Apache-2.0 */
/* body.h -- the body of a request as it comes, out of a budget that all bodies share. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct body_budget {
	_Atomic uint64_t bytes; /* that are here now */
	uint64_t all_max;	/* of all together */
	uint64_t one_max;	/* of one */
};

struct body {
	uint8_t *bytes; /* from malloc */
	size_t size;
	size_t room; /* what is allocated, and taken from the budget */
};

/* [any]    Appends bytes. 0; -EFBIG when it would be too large, -EBUSY when too much is here,
 * -ENOMEM: then it is as it was. */
int body_append(struct body *, struct body_budget *, const char *bytes, size_t size);
/* [any]    Frees it and gives back what it had of the budget. */
void body_drop(struct body *, struct body_budget *);
