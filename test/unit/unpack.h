/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.h -- a profile that we have written becomes structs, by protobuf-c's own reader, after a
 * view has found it valid. Its ids are those that were written. */
#pragma once

#include "collector/view.h"
#include "encoder/gzip.h"
#include "encoder/profile.pb-c.h"

#include <check.h>
#include <stdlib.h>

/* The profile in gzip'd bytes, for unpack_free. */
static inline Perftools__Profiles__Profile *unpack(const uint8_t *bytes, size_t size)
{
	struct arena arena = {0};
	struct view view;
	struct view_input input = {0};
	char error[VIEW_ERROR_SIZE] = "";
	uint8_t *raw;
	ck_assert_int_eq(gzip_inflate(bytes, size, 64 << 20, &raw, &input.size), 0);
	input.bytes = raw;
	ck_assert_msg(!view_open(&view, &arena, &input, error), "%s", error);
	arena_free(&arena);
	Perftools__Profiles__Profile *profile =
		perftools__profiles__profile__unpack(NULL, input.size, raw);
	ck_assert_ptr_nonnull(profile);
	free(raw);
	return profile;
}

static inline void unpack_free(Perftools__Profiles__Profile *profile)
{
	perftools__profiles__profile__free_unpacked(profile, NULL);
}
