/* SPDX-License-Identifier: Apache-2.0 */
/* parcel_fuzz.c -- any bytes as a packed parcel: refused, or the same when packed again, and fit
 * for an upload.
 */
#include "transport/agent.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	/* The sum is made to fit: it would keep everything else out. */
	uint8_t *packed = malloc(size + 12);
	uint32_t sum = (uint32_t)crc32(0, size ? bytes : NULL, (uInt)size);
	static const uint8_t magic[8] = {'C', 'P', 'P', 'A', 'R', 'C', 'L', '1'};
	memcpy(packed, magic, sizeof magic);
	for (size_t i = 0; i < 4; i++)
		packed[8 + i] = (uint8_t)(sum >> 8 * i);
	if (size)
		memcpy(packed + 12, bytes, size);
	struct parcel *parcel = parcel_unpack(packed, size + 12);
	if (parcel) {
		struct agent_body body;
		size_t again_size = 0;
		uint8_t *again = parcel_pack(parcel, &again_size);
		if (!again || again_size > size + 12)
			abort();
		agent_encode(&body, parcel, 1);
		agent_release(&body);
		free(again);
	}
	parcel_destroy(parcel);
	free(packed);
	return 0;
}
