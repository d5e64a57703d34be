/* SPDX-License-Identifier: Apache-2.0 */
/* inflate_fuzz.c -- any bytes as an upload: what comes out is within the limits, or an error. */
#include "collector/inflate.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum {
	SIZE_MOST = 256 << 10,
	RATIO_MOST = 50,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct inflate *inflate;
	const uint8_t *out;
	size_t out_size, most;
	unsigned sum = 0;
	if (!inflate)
		inflate = inflate_create(SIZE_MOST, RATIO_MOST);
	int error = inflate_open(inflate, bytes, size, &out, &out_size);
	if (error) {
		if (error != -EFBIG && error != -EBADMSG)
			abort();
		return 0;
	}
	most = size * RATIO_MOST > INFLATE_FREE ? size * RATIO_MOST : INFLATE_FREE;
	if (out_size > SIZE_MOST || out_size > most)
		abort();
	for (size_t i = 0; i < out_size; i++)
		sum += out[i];
	return sum == 1 ? -1 : 0;
}
