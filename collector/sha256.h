/* SPDX-License-Identifier: Apache-2.0 */
/* sha256.h -- SHA-256 (FIPS 180-4): what tokens are stored as, and what tells uploads apart. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	SHA256_SIZE = 32,
};

struct sha256 {
	uint32_t state[8];
	uint64_t len; /* bytes so far */
	uint8_t block[64];
};

/* [any]    Begins a digest. */
void sha256_init(struct sha256 *);
/* [any]    Adds bytes to it. */
void sha256_update(struct sha256 *, const void *bytes, size_t len);
/* [any]    Ends it. */
void sha256_final(struct sha256 *, uint8_t digest[SHA256_SIZE]);
