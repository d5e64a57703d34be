/* SPDX-License-Identifier: Apache-2.0 */
/* large_tls.c -- has 64 KiB for each thread that asks for it, which the loader allocates then. */

static __thread unsigned char room[65536];

unsigned large_tls_fill(unsigned value);

unsigned large_tls_fill(unsigned value)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < sizeof room; i += 64) {
		sum += room[i];
		room[i] = (unsigned char)value;
	}
	return sum;
}
