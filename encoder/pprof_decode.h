/* SPDX-License-Identifier: Apache-2.0 */
/* pprof_decode.h -- the bytes of a pprof profile, from anywhere, become a profile that can be
 * trusted.
 *
 * What comes back has been checked: string_table[0] is "", every index into it is in range, each
 * sample has one value per type, each location and function that is named exists. Ids are given
 * anew, 1...n in table order, so that location_id i is location[i - 1]; 0 is none.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "encoder/profile.pb-c.h"

enum {
	PPROF_ERROR_SIZE = 160,
	PPROF_HEAP_FACTOR = 16, /* the decoded profile takes at most this many times the limit */
};

/* [any]    Decodes a profile, gzip'd or raw. More than limit bytes when raw is -EFBIG, and so
 *          is a profile that needs PPROF_HEAP_FACTOR * limit of memory; a bad one is -EBADMSG;
 *          -ENOMEM. error then says what is wrong. 0: the caller frees *profile with
 *          pprof_free. */
int pprof_decode(const void *bytes, size_t size, size_t limit,
		 Perftools__Profiles__Profile **profile, char error[PPROF_ERROR_SIZE]);
/* [any]    Frees what pprof_decode made; NULL is fine. */
void pprof_free(Perftools__Profiles__Profile *);
