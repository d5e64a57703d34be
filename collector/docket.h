/* SPDX-License-Identifier: Apache-2.0 */
/* docket.h -- what the index knows of a profile, as bytes that travel with its body, so that an
 * index that was lost can be made again.
 */
#pragma once

#include "collector/store.h"

enum {
	DOCKET_MAX = 1 << 20,
};

/* [any]    The bytes, from malloc, the caller's. NULL without memory, or when they would be more
 *          than DOCKET_MAX. */
uint8_t *docket_pack(const struct store_profile *, const char *rule, size_t *size);
/* [any]    Reads them back. The texts lie in bytes, which must stay, as long as the profile is
 *          used; *rule is the retention rule it was stored under. 0, -EBADMSG. */
int docket_unpack(struct store_profile *, const char **rule, const uint8_t *bytes, size_t size);
